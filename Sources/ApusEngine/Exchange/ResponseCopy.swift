// ResponseCopy: the head of one response after another in memory of its own, because its receive buffer is
// reused long before the caller looks.

package import ApusWire

@safe package final class ResponseCopy {
  /// Most bytes that are kept for the next response.
  private static let keptBytes = 16 << 10

  /// Safety: `capacity` bytes, allocated and freed here only. They contain `fieldCount` field lines, then the
  /// head.
  private var base: UnsafeMutableRawPointer
  private var capacity = 1024
  private var fieldCount = 0
  private var headCount = 0
  package private(set) var head = ReceivedHead()

  init() { unsafe base = .allocate(byteCount: 1024, alignment: 16) }

  deinit { unsafe base.deallocate() }

  /// Copies a head and the positions of its fields.
  func take(_ head: ReceivedHead, _ bytes: Span<UInt8>, _ fields: Span<FieldLine>) {
    self.head = head
    fieldCount = fields.count
    headCount = bytes.count
    reserve(fieldBytes + headCount)
    // Safety: both parts fit, as just reserved, and do not overlap their sources.
    unsafe fields.withUnsafeBytes { unsafe copy($0, to: 0) }
    unsafe bytes.withUnsafeBytes { unsafe copy($0, to: fieldBytes) }
  }

  /// The positions of the fields in the head.
  package var fields: Span<FieldLine> {
    @_lifetime(borrow self)
    get {
      // Safety: `take` filled them; FieldLine is trivial and the base is aligned for it.
      let span = unsafe Span(
        _unsafeStart: UnsafePointer(base.assumingMemoryBound(to: FieldLine.self)), count: fieldCount)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// The head as it arrived.
  package var bytes: Span<UInt8> {
    @_lifetime(borrow self)
    get {
      // Safety: the range is part of what `take` filled.
      let span = unsafe Span(
        _unsafeStart: UnsafePointer((base + fieldBytes).assumingMemoryBound(to: UInt8.self)), count: headCount
      )
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  private var fieldBytes: Int { fieldCount * MemoryLayout<FieldLine>.stride }

  private func copy(_ bytes: UnsafeRawBufferPointer, to offset: Int) {
    guard let source = bytes.baseAddress, bytes.count > 0 else { return }
    unsafe (base + offset).copyMemory(from: source, byteCount: bytes.count)
  }

  private func reserve(_ bytes: Int) {
    let isTooLarge = capacity > Self.keptBytes && bytes <= Self.keptBytes
    guard bytes > capacity || isTooLarge else { return }
    unsafe base.deallocate()
    capacity = max(bytes, Self.keptBytes)
    unsafe base = .allocate(byteCount: capacity, alignment: 16)
  }
}
