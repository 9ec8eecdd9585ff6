// Intake: what a connection holds while a request has arrived in part. Claimed when bytes must outlive the
// receive buffer that brought them, freed when the request has been answered and nothing waits.

import ApusRing
import ApusWire

/// A request on its way in: raw bytes not parsed yet, and a body being collected.
struct Intake {
  /// Bytes not parsed yet are `raw[rawStart..<rawEnd]`; a head that is under way starts at `rawStart`.
  var raw = Block.none
  var rawStart = 0
  var rawEnd = 0
  /// When they came.
  var arrivals = ArrivalTimes()
  /// Where the search for the head's end stands; only while `isScanning`.
  var scanner = HeadScanner()
  var isScanning = false

  /// What the connection's handler works on, while it has not answered.
  var exchange: Exchange?
  /// Where a large body is received while that handler reads it.
  var bulk: BodyBuffer?
  /// What has come of its trailer section.
  var trailers: [UInt8] = []

  /// A copy of the head whose body is being collected, and its request's number.
  var head = Block.none
  var number: UInt64 = 0
  var headCount = 0
  /// When the turn began that saw the head's last byte.
  var headArrivedAt = Instant(nanoseconds: 0)
  var decoder = BodyDecoder(.none)
  /// The body so far, decoded.
  var body = Block.none
  var bodyCount = 0
  var bodyLimit = 0
  /// When head or body began, and what has come of the body since: for the rate that it must keep.
  var startedAt = Tick(rawValue: 0)
  var bodyBytes: UInt64 = 0
  /// Since when the body's reader has asked for nothing; nil while it waits. Such time
  /// does not count for the rate.
  var unaskedSince: Tick?

  var rawCount: Int { rawEnd - rawStart }

  /// Appends to the raw bytes; moves or grows the block if need be.
  mutating func appendRaw(_ bytes: Span<UInt8>, _ pool: inout BlockPool) {
    if rawEnd + bytes.count > raw.capacity {
      if rawCount + bytes.count <= raw.capacity {
        raw.moveToStart(rawStart..<rawEnd)
      } else {
        let larger = pool.acquire(rawCount + bytes.count)
        var count = 0
        larger.append(after: &count) { $0.append(copying: raw.bytes(rawStart..<rawEnd)) }
        pool.release(raw)
        raw = larger
      }
      rawEnd -= rawStart
      rawStart = 0
    }
    raw.append(after: &rawEnd) { $0.append(copying: bytes) }
  }

  /// Appends to the collected body. Growth doubles, so that each byte is copied at most twice more.
  mutating func appendBody(_ bytes: Span<UInt8>, _ pool: inout BlockPool) {
    if bodyCount + bytes.count > body.capacity {
      let larger = pool.acquire(max(bodyCount + bytes.count, min(2 * body.capacity, bodyLimit)))
      var count = 0
      larger.append(after: &count) { $0.append(copying: body.bytes(0..<bodyCount)) }
      pool.release(body)
      body = larger
    }
    body.append(after: &bodyCount) { $0.append(copying: bytes) }
  }

  /// Gives the finished request's memory back; what waits raw stays.
  mutating func releaseRequest(_ pool: inout BlockPool) {
    pool.release(head)
    pool.release(body)
    head = .none
    body = .none
    bulk = nil
    if !trailers.isEmpty { trailers = [] }
    headCount = 0
    bodyCount = 0
  }

  mutating func releaseAll(_ pool: inout BlockPool) {
    precondition(exchange == nil, "an intake is freed under its handler")
    releaseRequest(&pool)
    pool.release(raw)
    raw = .none
    rawStart = 0
    rawEnd = 0
    arrivals.clear()
    isScanning = false
  }
}
