// LoadConnection: one of a load generator's connections. What it has asked for lies in
// `LoadTable.asked`, a ring of `pipeline` cells per connection: first the requests that are sent and
// unanswered, then those still to be sent.

import ApusRing
import ApusWire

struct LoadConnection {
  enum Phase: UInt8 {
    /// No socket; opened when there is something to ask.
    case closed
    /// The chain of connect, first send and receive is under way.
    case connecting
    case open
    /// No new operation; waits for those in flight, then closes.
    case closing
    /// A connect failed: no new one before `progressAt` and a pause.
    case paused
  }

  struct Flags: ChainFlags {
    let rawValue: UInt16
    // In flight.
    static let connecting = Flags(rawValue: 1 << 0)
    static let sending = Flags(rawValue: 1 << 1)
    static let receiving = Flags(rawValue: 1 << 2)
    static let inFlight: Flags = [.connecting, .sending, .receiving]
    static let cancelledConnect = Flags(rawValue: 1 << 3)
    static let cancelledSend = Flags(rawValue: 1 << 4)
    static let cancelledReceive = Flags(rawValue: 1 << 5)
    static let missedConnect = Flags(rawValue: 1 << 14)
    /// Listed for the end of the turn.
    static let isDirty = Flags(rawValue: 1 << 6)
    /// Listed among those that can take another request.
    static let isListed = Flags(rawValue: 1 << 7)
    /// In the middle of a response's body.
    static let isInBody = Flags(rawValue: 1 << 8)
    /// The body under way ends with the connection.
    static let endsWithConnection = Flags(rawValue: 1 << 9)
    /// The response under way is the connection's last.
    static let isLast = Flags(rawValue: 1 << 10)
    /// The response under way has begun.
    static let hasBegun = Flags(rawValue: 1 << 11)
    /// The receive is to be armed anew, as only then it looks at the socket.
    static let wantsLook = Flags(rawValue: 1 << 12)
    /// It was, since bytes came last.
    static let looked = Flags(rawValue: 1 << 13)
  }

  var phase = Phase.closed
  var flags: Flags = []
  var generation: UInt32 = 0
  /// The descriptor while there is a socket.
  var slot: Slot = 0
  var hasSlot = false
  var origin: UInt16 = 0
  /// Cell of the oldest request.
  var first: UInt16 = 0
  /// Requests sent and unanswered.
  var unanswered: UInt16 = 0
  /// Requests taken on and not yet sent.
  var unsent: UInt16 = 0
  /// First digit of the status of the response under way.
  var digit: UInt8 = 0
  /// Responses on this connection.
  var answered: UInt32 = 0
  /// Bytes that the send in flight was given.
  var sendBytes: UInt32 = 0
  /// When something happened last that a time-out counts from.
  var progressAt: UInt64 = 0
  /// Interim responses to the oldest request.
  var interims = InterimCount()
  var decoder = BodyDecoder(BodyFraming.none)
  /// The part of a head that has arrived.
  var carry = Block.none
  var carryCount = 0
  var scanner = HeadScanner(response: ())
}
