// Intake: what a connection holds while a request has arrived in part. Claimed when bytes must outlive the
// receive buffer that brought them, freed when the request has been answered and nothing waits.

import ApusRing
import ApusWire

/// A request on its way in: raw bytes not parsed yet, and a body being collected.
struct Intake {
  /// What has come and is not parsed yet.
  var raw = RawInput()
  /// Where the search for the end of a head stands that has come in part.
  var scanner = HeadScanner()

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
  /// Of the head, or of the body behind it.
  var progress = BodyProgress()

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
    raw.release(&pool)
  }
}
