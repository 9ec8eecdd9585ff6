// BodyBuffer: memory that holds a streamed body's bytes, from the receive that brings them to the send that
// forwards them. It is written in order and never over bytes that may still be read: only an owner that holds
// the one reference to it reuses it.

package import ApusRing

/// Up to `capacity` bytes at an address that never moves.
@safe package final class BodyBuffer: @unchecked Sendable {
  // Safety of the unchecked conformance: bytes before `count` are never written again while a chunk refers
  // to them.
  private let base: UnsafeMutableRawPointer
  package let capacity: Int
  package private(set) var count = 0

  package init(_ capacity: Int) {
    precondition(capacity > 0, "a body buffer of \(capacity) bytes")
    self.capacity = capacity
    unsafe base = .allocate(byteCount: capacity, alignment: 64)
  }

  // Safety: chunks and sends in flight hold references; the last is gone.
  deinit { unsafe base.deallocate() }

  package var room: Int { capacity - count }

  /// Appends as much of `bytes` as fits; returns how much.
  package func append(_ bytes: Span<UInt8>) -> Int {
    let taken = min(bytes.count, room)
    // Safety: inside the free part, which nothing reads.
    unsafe bytes.withUnsafeBytes { source in
      guard let start = source.baseAddress, taken > 0 else { return }
      unsafe (base + count).copyMemory(from: start, byteCount: taken)
    }
    count += taken
    return taken
  }

  /// Appends what `write` writes into the remaining room.
  @inline(__always)
  package func append<Failure: Error>(
    _ write: (inout OutputSpan<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    // Safety: the free part, which nothing reads.
    let free = unsafe UnsafeMutableBufferPointer(
      start: (base + count).assumingMemoryBound(to: UInt8.self), count: room)
    var output = unsafe OutputSpan(buffer: free, initializedCount: 0)
    do throws(Failure) { try write(&output) } catch {
      count += unsafe output.finalize(for: free)
      throw error
    }
    count += unsafe output.finalize(for: free)
  }

  /// The region that the kernel may write up to `limit` bytes into. The owner holds the only reference, and
  /// calls `received` afterwards.
  package func writable(_ limit: Int) -> WritableRegion {
    count = 0
    // Safety: the allocation, kept by the submitter of the receive.
    return unsafe WritableRegion(base: base, count: min(limit, capacity))
  }

  package func received(_ bytes: Int) {
    precondition(bytes >= 0 && bytes <= capacity, "\(bytes) bytes received into \(capacity)")
    count = bytes
  }

  @_lifetime(borrow self)
  package func bytes(_ range: Range<Int>) -> Span<UInt8> {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "\(range) of \(count) bytes")
    // Safety: initialised bytes, as just checked.
    let span = unsafe Span(
      _unsafeStart: UnsafePointer((base + range.lowerBound).assumingMemoryBound(to: UInt8.self)),
      count: range.count)
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  /// The region for a send; its submitter holds a reference until the completion.
  package func readable(_ range: Range<Int>) -> ReadableRegion {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "\(range) of \(count) bytes")
    // Safety: initialised bytes, as just checked.
    return unsafe ReadableRegion(base: base + range.lowerBound, count: range.count)
  }
}

/// Some bytes of a body, in order. Copying a chunk copies no byte; it may be kept and sent.
public struct BodyChunk: Sendable {
  package let buffer: BodyBuffer
  package let range: Range<Int>

  package init(_ buffer: BodyBuffer, _ range: Range<Int>) {
    self.buffer = buffer
    self.range = range
  }

  /// Copies `bytes` once; sends then read the copy in place.
  public init(copying bytes: Span<UInt8>) {
    buffer = BodyBuffer(max(1, bytes.count))
    _ = buffer.append(bytes)
    range = 0..<bytes.count
  }

  /// The first `count` bytes.
  public func prefix(_ count: Int) -> BodyChunk {
    precondition(count >= 0 && count <= range.count, "\(count) bytes of a chunk of \(range.count)")
    return BodyChunk(buffer, range.lowerBound..<range.lowerBound + count)
  }

  /// All but the first `count` bytes.
  public func dropFirst(_ count: Int) -> BodyChunk {
    precondition(count >= 0 && count <= range.count, "\(count) bytes of a chunk of \(range.count)")
    return BodyChunk(buffer, range.lowerBound + count..<range.upperBound)
  }

  /// The number of bytes.
  public var count: Int { range.count }

  /// The bytes.
  public var bytes: Span<UInt8> {
    @_lifetime(borrow self)
    // Safety: the chunk holds the buffer, whose bytes stay where they are.
    get { unsafe _overrideLifetime(buffer.bytes(range), borrowing: self) }
  }
}
