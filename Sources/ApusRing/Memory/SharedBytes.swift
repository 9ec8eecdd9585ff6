// SharedBytes: immutable bytes that several answers send from at once. File caches and static answers make
// them; a send in flight holds a reference, so a replaced cache entry lives until its last completion.
// Written by `init`, or by a first holder.

/// Immutable bytes with storage of their own, at an address that never moves.
///
/// Cost: one object and one block. Sharing is a reference count; nothing is copied.
@safe package final class SharedBytes: @unchecked Sendable {
  // Safety of the unchecked conformance: nothing writes to `storage` once a second
  // holder has seen these bytes.
  private let storage: UnsafeMutablePointer<UInt8>
  /// Safety: set anew only by one holder, who is about to give the bytes away, so no access can overlap.
  @exclusivity(unchecked) private var written: Int
  /// Bytes of the first of two parts that lie behind each other; 0 for bytes of one part.
  package let firstPartBytes: Int
  /// Bytes that a holder may fill; 0 for what was filled from the start.
  package let room: Int

  /// Copies `bytes`.
  package convenience init(_ bytes: Span<UInt8>) {
    self.init(capacity: bytes.count) { output in
      // Safety: both sides hold `bytes.count` bytes, and a fresh block overlaps nothing.
      unsafe bytes.withUnsafeBufferPointer { source in
        unsafe output.withUnsafeMutableBufferPointer { block, initialised in
          initialised = unsafe block.initialize(fromContentsOf: source)
        }
      }
    }
  }

  /// Room for bytes that its one holder writes from `start` on, and then counts.
  package init(room: Int) {
    unsafe storage = .allocate(capacity: room)
    unsafe written = 0
    firstPartBytes = 0
    self.room = room
  }

  /// Where its one holder writes.
  @unsafe package var start: UnsafeMutablePointer<UInt8> { unsafe storage }

  /// So many bytes have been written from `start` on.
  @unsafe package func didFill(_ bytes: Int) {
    precondition(bytes <= room, "\(bytes) bytes where \(room) fit")
    unsafe written = bytes
  }

  /// Up to `capacity` bytes that `fill` appends; `count` is what it appended.
  package init<Failure: Error>(
    capacity: Int, firstPartBytes: Int = 0, fill: (inout OutputSpan<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    precondition(capacity >= 0, "shared bytes with a capacity of \(capacity)")
    // Safety: the block is ours alone until `deinit`. UInt8 is trivial, so a block that `fill` left half
    // written needs no more than freeing, and the output span never leaves the closure.
    let block = UnsafeMutablePointer<UInt8>.allocate(capacity: max(capacity, 1))
    do throws(Failure) {
      var output = unsafe OutputSpan(
        buffer: UnsafeMutableBufferPointer(start: block, count: capacity), initializedCount: 0)
      try fill(&output)
      unsafe written = output.finalize(for: UnsafeMutableBufferPointer(start: block, count: capacity))
    } catch {
      unsafe block.deallocate()
      throw error
    }
    let count = unsafe written
    precondition(firstPartBytes <= count, "a part of \(firstPartBytes) in \(count) bytes")
    self.firstPartBytes = firstPartBytes
    unsafe storage = block
    room = 0
  }

  // Safety: the last reference is gone, and whoever enqueued a send of these bytes held
  // one until its completion.
  deinit { unsafe storage.deallocate() }

  package var count: Int { unsafe written }

  /// The bytes, for our own reading.
  package var span: Span<UInt8> {
    @_lifetime(borrow self)
    get {
      // Safety: `count` bytes are initialised and stay so while `self` is borrowed.
      let bytes = unsafe Span(_unsafeStart: storage, count: count)
      return unsafe _overrideLifetime(bytes, borrowing: self)
    }
  }

  /// The bytes, for the kernel's reading. The caller keeps `self` until the operation has completed.
  package var region: ReadableRegion {
    // Safety: the storage holds `count` bytes and never moves.
    unsafe ReadableRegion(base: UnsafeRawPointer(storage), count: count)
  }
}
