// Connection: what a core remembers of one socket while nothing happens on it. All else (raw input,
// answers on their way) hangs off it by index and is given back when it is done, so an idle
// connection is this and its timer.

import ApusRing
import ApusWire

/// One slot's tenant. 48 bytes.
struct Connection {
  /// Where a connection stands between accept and close.
  enum Phase: UInt8 {
    /// No tenant.
    case free
    /// Before the first byte of a request.
    case idle
    /// Part of a head has arrived.
    case head
    /// A head is complete, its body is being collected.
    case body
    /// An answer was given before its request's body had arrived: the body is being dropped.
    case dropping
    /// A handler has the request and has not answered yet; nothing behind it is parsed.
    case handling
    /// An answer is unfinished; nothing behind it is parsed.
    case answering
    /// The last answer is out and our FIN with it; what still comes is dropped (RFC 9112 section 9.6).
    case lingering
    /// No new operation; waits for the completions of those in flight, then frees the slot.
    case closing
  }

  struct Flags: OptionSet {
    let rawValue: UInt32
    // In flight.
    static let receiving = Flags(rawValue: 1 << 0)
    static let sending = Flags(rawValue: 1 << 1)
    static let readingFile = Flags(rawValue: 1 << 2)
    static let askingAddress = Flags(rawValue: 1 << 3)
    static let shuttingDown = Flags(rawValue: 1 << 22)
    static let inFlight: Flags = [.receiving, .sending, .readingFile, .askingAddress, .shuttingDown]
    // Intentions.
    /// Listed for `settle` at the end of this turn.
    static let isDirty = Flags(rawValue: 1 << 4)
    /// Listed to be parsed further in the next turn.
    static let hasMoreToParse = Flags(rawValue: 1 << 5)
    /// Reading is held back by what waits unparsed.
    static let isPaused = Flags(rawValue: 1 << 6)
    /// The last answer said `close`.
    static let closesAfterAnswer = Flags(rawValue: 1 << 7)
    /// Input may be unread then: linger.
    static let lingers = Flags(rawValue: 1 << 8)
    /// The close sends RST.
    static let resets = Flags(rawValue: 1 << 9)
    // Facts.
    /// The peer's FIN was seen.
    static let peerFinished = Flags(rawValue: 1 << 10)
    /// A cancel of the receive, the send or everything is under way; not asked for twice.
    static let cancellingReceive = Flags(rawValue: 1 << 11)
    static let cancellingSend = Flags(rawValue: 1 << 12)
    static let cancellingAll = Flags(rawValue: 1 << 13)
    /// Our FIN is out, or on its way.
    static let shutDown = Flags(rawValue: 1 << 14)
    /// The access log wants the peer's address, which has not been asked for yet.
    static let wantsAddress = Flags(rawValue: 1 << 15)
    /// Nothing was received yet: its first receive is a single one.
    static let isFresh = Flags(rawValue: 1 << 17)
    /// The send in flight is to be cancelled, to see how far it came.
    static let wantsSendCancelled = Flags(rawValue: 1 << 16)
    /// The body under way is received into memory of its own, one piece whenever its reader asks.
    static let isBulk = Flags(rawValue: 1 << 18)
    /// The receive in flight is such a one.
    static let receivingInto = Flags(rawValue: 1 << 19)
    /// Our FIN is to follow what is still to be sent, while the peer may go on.
    static let endsSending = Flags(rawValue: 1 << 20)
    /// The receive is to be armed anew, as only then it looks at the socket.
    static let wantsLook = Flags(rawValue: 1 << 21)
    /// That was asked for because a deadline was due: the next time it is, it counts.
    static let hasLooked = Flags(rawValue: 1 << 24)
    /// The driver itself reads what is sent, so that no mapping of a file may be lent to it.
    static let driverReadsSends = Flags(rawValue: 1 << 25)
    /// The send in flight waits for room for a file that is not copied.
    static let sendingFile = Flags(rawValue: 1 << 23)
  }

  var phase = Phase.free
  var closeReason = CloseReason.peerFinished
  /// Which of the core's listeners it came by.
  var listener: UInt8 = 0
  var flags: Flags = []
  var generation: UInt32 = 0
  /// The intake of a request that has arrived in part, if there is one.
  var intake = Index<Intake>.none
  /// The outbox of answers on their way out, if there are any.
  var outbox = Index<Outbox>.none
  var requestCount: UInt32 = 0
  /// When the phase ends by itself.
  var deadline = Tick(rawValue: .max)
  /// When the wheel will look; never after `deadline`.
  var armedFor = Tick(rawValue: .max)
  var openedAt = Tick(rawValue: 0)

  /// Nothing is under way but the armed receive, and nothing is wanted.
  var isAtRest: Bool {
    phase == .idle && flags == .receiving && outbox == .none && intake == .none
  }

  /// Marks the connection as listed; false if it was.
  mutating func takesMark() -> Bool {
    guard !flags.contains(.isDirty) else { return false }
    flags.insert(.isDirty)
    return true
  }

  /// The connection ends once its answers are out.
  mutating func close(for reason: CloseReason) {
    flags.insert(.closesAfterAnswer)
    closeReason = reason
  }
}
