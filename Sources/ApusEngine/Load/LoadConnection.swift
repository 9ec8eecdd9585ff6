// LoadConnection: one of a load generator's connections. Its requests lie in `LoadTable.asked`, a ring of
// `pipeline` cells per connection: first those that are sent and unanswered, then those still to be sent.

import ApusRing
import ApusWire

struct LoadConnection {
  enum Phase: UInt8 {
    /// It has no socket; one is opened when there is something to send.
    case closed
    /// The chain of connect, first send and receive is in flight.
    case connecting
    case open
    /// It starts no new operation; waits for those in flight, then closes.
    case closing
    /// It closed without a response: no connect until `LoadTable.pause` after `progressAt`.
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
    /// It is listed for the end of the turn.
    static let isDirty = Flags(rawValue: 1 << 6)
    /// It is listed among those that can take another request.
    static let isListed = Flags(rawValue: 1 << 7)
    /// It is in the middle of a response's body.
    static let isInBody = Flags(rawValue: 1 << 8)
    /// The current body ends with the connection.
    static let endsWithConnection = Flags(rawValue: 1 << 9)
    /// The current response is the connection's last.
    static let isLast = Flags(rawValue: 1 << 10)
    /// The current response has begun.
    static let hasBegun = Flags(rawValue: 1 << 11)
    /// The receive is to be re-armed, because only then it checks the socket.
    static let wantsLook = Flags(rawValue: 1 << 12)
    /// The receive was re-armed since bytes last arrived.
    static let looked = Flags(rawValue: 1 << 13)
  }

  var phase = Phase.closed
  var flags: Flags = []
  var generation: UInt32 = 0
  /// The descriptor while there is a socket.
  var slot: Slot = 0
  var hasSlot = false
  var origin: UInt16 = 0
  /// The cell of the oldest request.
  var first: UInt16 = 0
  /// Requests sent and unanswered.
  var unanswered: UInt16 = 0
  /// Requests accepted and not yet sent.
  var unsent: UInt16 = 0
  /// The first digit of the current response's status.
  var digit: UInt8 = 0
  /// Responses on this connection.
  var answered: UInt32 = 0
  /// The bytes of the send in flight.
  var sendBytes: UInt32 = 0
  /// When the last progress was made, from which timeouts count.
  var progressAt: UInt64 = 0
  /// Interim responses to the oldest request.
  var interims = InterimCount()
  var decoder = BodyDecoder(BodyFraming.none)
  /// The part of a head that has arrived.
  var carry = Block.none
  var carryCount = 0
  var scanner = HeadScanner(response: ())
}
