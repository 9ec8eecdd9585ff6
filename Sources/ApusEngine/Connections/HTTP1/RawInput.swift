// RawInput: received bytes of a connection that are not parsed yet, in a block of the pool's.

import ApusRing
import ApusWire

struct RawInput {
  /// The bytes are `block[range]`; an unfinished head begins at the range's start.
  private(set) var block = Block.none
  private(set) var range = 0..<0
  /// When the bytes arrived.
  private var arrivals = ArrivalTimes()

  var count: Int { range.count }
  var isEmpty: Bool { range.isEmpty }

  /// Appends; if need be, moves the bytes within their block or to a larger one.
  mutating func append(_ bytes: Span<UInt8>, at time: Instant, _ pool: inout BlockPool) {
    if range.upperBound + bytes.count > block.capacity { makeRoom(bytes.count, &pool) }
    var end = range.upperBound
    block.append(after: &end) { $0.append(copying: bytes) }
    range = range.lowerBound..<end
    arrivals.note(bytes.count, at: time)
  }

  private mutating func makeRoom(_ bytes: Int, _ pool: inout BlockPool) {
    if count + bytes <= block.capacity {
      block.moveToStart(range)
    } else {
      let larger = pool.acquire(count + bytes)
      var copied = 0
      larger.append(after: &copied) { $0.append(copying: block.bytes(range)) }
      pool.release(block)
      block = larger
    }
    range = 0..<count
  }

  /// The first `bytes` were parsed.
  mutating func consume(_ bytes: Int) {
    precondition(bytes >= 0 && bytes <= count, "\(bytes) bytes are consumed of \(count)")
    range = range.lowerBound + bytes..<range.upperBound
  }

  /// When the last of the bytes before the last `rest` bytes arrived; nil if that is unknown.
  mutating func time(before rest: Int) -> Instant? { isEmpty ? nil : arrivals.time(before: rest) }

  /// Releases the block.
  mutating func release(_ pool: inout BlockPool) {
    pool.release(block)
    block = .none
    range = 0..<0
    arrivals.clear()
  }
}
