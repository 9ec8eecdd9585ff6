// Intake: what a connection holds while a request has arrived in part. It is claimed when bytes must outlive
// their receive buffer, and freed when the request has its response and no bytes wait.

import ApusRing
import ApusWire

/// A request that has not arrived completely: raw bytes and a body that is being collected.
struct Intake {
  /// Bytes that are not parsed yet.
  var raw = RawInput()
  /// The state of the search for the end of an incomplete head.
  var scanner = HeadScanner()

  /// The exchange of the connection's handler, until its response is complete.
  var exchange: Exchange?
  /// The buffer into which a large body is received while that handler reads it.
  var bulk: BodyBuffer?
  /// The part of its trailer section that has arrived.
  var trailers: [UInt8] = []

  /// A copy of the head whose body is being collected, and the number of its request.
  var head = Block.none
  var number: UInt64 = 0
  var headCount = 0
  /// Start of the turn in which the head's last byte arrived.
  var headArrivedAt = Instant(nanoseconds: 0)
  var decoder = BodyDecoder(.none)
  /// The body so far, decoded.
  var body = Block.none
  var bodyCount = 0
  var bodyLimit = 0
  /// Progress of the head, or of the body after it.
  var progress = BodyProgress()

  /// Appends to the collected body. Growth doubles, so each byte is copied at most twice more.
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

  /// Releases the memory of the finished request; raw bytes stay.
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
    raw.release(&pool)
  }
}
