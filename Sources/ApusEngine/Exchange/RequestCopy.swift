// RequestCopy: a request whose handler may suspend. Its receive buffer is reused long before the handler
// continues, so the handler sees a view of this copy. The copy is made before the handler starts: at the
// suspension it already uses spans of the view.

import ApusRing
import ApusWire

/// The head, fields, path and body of one request after another, in memory of its own.
@safe final class RequestCopy {
  /// Most bytes that are kept for the next request.
  private static let keptBytes = 16 << 10

  /// Safety: `capacity` bytes, allocated and freed here only. They contain `fieldCount` field lines, then the
  /// head, the path and the body.
  private var base: UnsafeMutableRawPointer
  private var capacity = 1024
  private var fieldCount = 0
  private var headCount = 0
  private var pathCount = 0
  private var bodyCount = 0
  private var captures: Captures?
  private var identity: RequestIdentity?
  private var now = Instant(nanoseconds: 0)
  private(set) var arrivedAt = Instant(nanoseconds: 0)
  private var unixSeconds: Int64 = 0
  private var number: UInt64 = 0
  private var peer: PeerAddress?
  private(set) var role = ListenerRole()
  private(set) var security: ConnectionSecurity?
  private(set) var head = RequestHead()

  init() { unsafe base = .allocate(byteCount: 1024, alignment: 16) }

  deinit { unsafe base.deallocate() }

  /// Copies all parts of the view.
  func take(_ request: borrowing Request) {
    head = request.head
    now = request.now
    arrivedAt = request.arrivedAt
    unixSeconds = request.unixSeconds
    number = request.number
    peer = request.peer
    role = request.role
    if security !== request.security { security = request.security }
    if request.captures != nil { captures = request.captures }
    if request.identity !== identity { identity = request.identity }
    fieldCount = request.fields.count
    headCount = request.bytes.count
    // A path that is in normal form is part of the head.
    pathCount = head.pathNeedsNormalising ? request.path.count : 0
    bodyCount = request.body.count
    reserve(fieldBytes + headCount + pathCount + bodyCount)
    // Safety: the four parts fit, as just reserved, and do not overlap their sources.
    unsafe request.fields.withUnsafeBufferPointer { unsafe copy(UnsafeRawBufferPointer($0), to: 0) }
    unsafe request.bytes.withUnsafeBytes { unsafe copy($0, to: fieldBytes) }
    if pathCount > 0 {
      unsafe request.path.withUnsafeBytes { unsafe copy($0, to: fieldBytes + headCount) }
    }
    unsafe request.body.withUnsafeBytes { unsafe copy($0, to: fieldBytes + headCount + pathCount) }
  }

  /// The request. Valid until the next `take` or `forget`; its handler has ended by then.
  var request: Request {
    // If this was inlined, an asynchronous function's frame would contain the request twice.
    @_lifetime(borrow self) @inline(never)
    get {
      let path = fieldBytes + headCount
      let (pathStart, pathCount) =
        head.pathNeedsNormalising
        ? (path, self.pathCount) : (fieldBytes + Int(head.path.offset), Int(head.path.count))
      // Safety: `take` filled each part; FieldLine is trivial and the base is aligned for it.
      let fields = unsafe Span(
        _unsafeStart: UnsafePointer(base.assumingMemoryBound(to: FieldLine.self)), count: fieldCount)
      var request = Request(
        head: head, bytes: part(fieldBytes, headCount),
        fields: unsafe _overrideLifetime(fields, borrowing: self),
        path: part(pathStart, pathCount), body: part(path + self.pathCount, bodyCount), now: now,
        unixSeconds: unixSeconds, number: number, peer: peer, role: role, security: security,
        arrivedAt: arrivedAt)
      request.captures = captures
      request.identity = identity
      return unsafe _overrideLifetime(request, borrowing: self)
    }
  }

  /// The head as it arrived.
  var bytes: Span<UInt8> {
    @_lifetime(borrow self) get { part(fieldBytes, headCount) }
  }

  /// Frees the extra memory of a large request.
  func forget() {
    if captures != nil { captures = nil }
    guard capacity > Self.keptBytes else { return }
    unsafe base.deallocate()
    unsafe base = .allocate(byteCount: Self.keptBytes, alignment: 16)
    capacity = Self.keptBytes
  }

  private var fieldBytes: Int { fieldCount * MemoryLayout<FieldLine>.stride }

  @_lifetime(borrow self)
  private func part(_ offset: Int, _ count: Int) -> Span<UInt8> {
    // Safety: the range is part of what `take` filled.
    let span = unsafe Span(
      _unsafeStart: UnsafePointer((base + offset).assumingMemoryBound(to: UInt8.self)), count: count)
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  private func copy(_ bytes: UnsafeRawBufferPointer, to offset: Int) {
    guard let source = bytes.baseAddress, bytes.count > 0 else { return }
    unsafe (base + offset).copyMemory(from: source, byteCount: bytes.count)
  }

  private func reserve(_ bytes: Int) {
    guard bytes > capacity else { return }
    unsafe base.deallocate()
    capacity = max(bytes, 2 * capacity)
    unsafe base = .allocate(byteCount: capacity, alignment: 16)
  }
}
