// Relay: one proxied request, between the connection that it came by and the exchange with the server that
// answers it. It stands where a handler's task would stand, and costs none: whatever happens on either side
// lists it, and at the end of the turn `RelayTable.step` looks at both sides and does what can be done.

struct Relay {
  enum Phase: UInt8 {
    case free
    /// A short body is taken in whole, so that the request can be made again.
    case collecting
    /// A server was asked, or is being asked.
    case asking
    /// The answer's head is on its way, its content flows.
    case answering
    /// The protocol was switched: bytes flow both ways.
    case tunnelling
  }

  struct Flags: OptionSet {
    let rawValue: UInt16
    /// The body goes on as it comes; not all of it is in `message`.
    static let streams = Flags(rawValue: 1)
    /// In chunks, as its length is not known (RFC 9112 section 7.1).
    static let isChunked = Flags(rawValue: 2)
    /// The server was asked for leave to send the body.
    static let asksForLeave = Flags(rawValue: 4)
    /// Some of the body went on: the request cannot be made again.
    static let hasSentBody = Flags(rawValue: 8)
    /// All of the body went on, or nobody wants more of it.
    static let bodyEnded = Flags(rawValue: 16)
    /// A connection that was used before has failed it: only a fresh one will do.
    static let wantsFresh = Flags(rawValue: 32)
    /// The server's addresses are being looked up.
    static let isResolving = Flags(rawValue: 64)
    /// Whoever traces the client was told of the connection.
    static let isNoted = Flags(rawValue: 128)
    /// In a tunnel: the client, or the server, sends no more.
    static let clientEnded = Flags(rawValue: 256)
    static let serverEnded = Flags(rawValue: 512)
    /// The server may switch protocols.
    static let mayUpgrade = Flags(rawValue: 1024)
  }

  var phase = Phase.free
  var flags: Flags = []
  /// Index of its route.
  var route = 0
  /// Index of the server that is asked, and which were asked, one bit each.
  var server = 0
  var tried: UInt64 = 0
  /// Its exchange with the server; `none` while there is none.
  var call = Index<ClientExchange>.none
  /// Its exchange with the client.
  var exchange: Exchange?
  /// The task that stands around it, if there is one, and waits for its end.
  var end = Waiter()
  /// What the server gets: the head, and a short body behind it. Kept from request to request.
  var message: BodyBuffer?
  var headBytes = 0
  /// When it was asked for a connection.
  var askedAt: UInt64 = 0
  /// Where the stream of events that it hands on stands, if it may end between two of them.
  var events: EventBoundary?
  /// The lines of the answer, as `Response` has them. Kept, too.
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

  /// More than this is not kept for the next request.
  private static let keptBytes = 4096

  /// A buffer with room for this much, which nobody reads any more.
  mutating func emptyMessage(_ bytes: Int) -> BodyBuffer {
    if message != nil, message!.capacity >= bytes, isKnownUniquelyReferenced(&message!) {
      message!.received(0)
    } else {
      message = BodyBuffer(max(bytes, 1024))
    }
    return message!
  }
}
