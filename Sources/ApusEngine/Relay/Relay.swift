// Relay: one proxied request, between the connection that it arrived on and the exchange with the upstream
// server. It takes the place of a handler's task but needs no task: an event on either side lists it, and at
// the end of the turn `RelayTable.step` looks at both sides and does what can be done.

struct Relay {
  enum Phase: UInt8 {
    case free
    /// A short body is received whole, so that the request can be retried.
    case collecting
    /// A server was asked, or is being asked.
    case asking
    /// The response's head is being sent, and its content is streamed.
    case answering
    /// The protocol was switched: bytes flow both ways.
    case tunnelling
  }

  struct Flags: OptionSet {
    let rawValue: UInt16
    /// The body is forwarded as it arrives; not all of it is in `message`.
    static let streams = Flags(rawValue: 1)
    /// The body is forwarded in chunks, because its length is unknown (RFC 9112 section 7.1).
    static let isChunked = Flags(rawValue: 2)
    /// The server was sent `Expect: 100-continue`, so the body waits for its 100.
    static let asksForLeave = Flags(rawValue: 4)
    /// Some of the body was forwarded, so the request cannot be retried.
    static let hasSentBody = Flags(rawValue: 8)
    /// All of the body was forwarded, or the rest of it is not wanted.
    static let bodyEnded = Flags(rawValue: 16)
    /// The request failed on a reused connection: only a fresh one will do.
    static let wantsFresh = Flags(rawValue: 32)
    /// The server's addresses are being looked up.
    static let isResolving = Flags(rawValue: 64)
    /// The client's tracer was told of the connection.
    static let isNoted = Flags(rawValue: 128)
    /// In a tunnel: the client (or the server, below) sends no more.
    static let clientEnded = Flags(rawValue: 256)
    static let serverEnded = Flags(rawValue: 512)
    /// The server may switch protocols.
    static let mayUpgrade = Flags(rawValue: 1024)
  }

  var phase = Phase.free
  var flags: Flags = []
  /// Index of its route.
  var route = 0
  /// Index of the server that is asked. `tried` has one bit for each server that was asked.
  var server = 0
  var tried: UInt64 = 0
  /// Its exchange with the server; `none` while there is none.
  var call = Index<ClientExchange>.none
  /// Its exchange with the client.
  var exchange: Exchange?
  /// The task that wraps the relay and waits for its end, if there is one.
  var end = Waiter()
  /// The bytes for the server: the head, and a short body behind it. The memory is kept between requests.
  var message: BodyBuffer?
  var headBytes = 0
  /// The tick at which it asked for a connection.
  var askedAt: UInt64 = 0
  /// The position in the event stream that it forwards, if the stream may be ended between two events.
  var events: EventBoundary?
  /// The field lines of the response, as `Response` has them. Also kept.
  var answer: Response.Extras?

  /// Ready for the next request; memory that it will need again is kept.
  mutating func reset() {
    phase = .free
    flags = []
    tried = 0
    call = .none
    exchange = nil
    events = nil
    if message != nil, message!.capacity > Self.keptBytes { message = nil }
  }

  /// A larger buffer is not kept for the next request.
  private static let keptBytes = 4096

  /// A buffer with room for this much, which nothing reads any more.
  mutating func emptyMessage(_ bytes: Int) -> BodyBuffer {
    if message != nil, message!.capacity >= bytes, isKnownUniquelyReferenced(&message!) {
      message!.received(0)
    } else {
      message = BodyBuffer(max(bytes, 1024))
    }
    return message!
  }
}
