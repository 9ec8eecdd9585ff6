// Connection: what a core remembers of one socket while it is idle. Everything else (raw input, responses
// that are being sent) is referenced by index and freed when it is done, so an idle connection costs this and
// its timer.

import ApusRing
import ApusWire

/// The state of one slot's connection. 48 bytes.
struct Connection {
  /// The state of a connection between accept and close.
  enum Phase: UInt8 {
    /// No connection uses the slot.
    case free
    /// Before the first byte of a request.
    case idle
    /// Part of a head has arrived.
    case head
    /// A head is complete and its body is being collected.
    case body
    /// The response was given before the request's body had arrived; the body is being dropped.
    case dropping
    /// A handler has the request and has not responded yet; no later bytes are parsed.
    case handling
    /// A response is unfinished; no later bytes are parsed.
    case answering
    /// The last response is sent, and our FIN after it; further input is dropped (RFC 9112 section 9.6).
    case lingering
    /// No new operation starts; the slot is freed after the completions of those in flight.
    case closing
  }

  struct Flags: OptionSet {
    let rawValue: UInt32
    // Operations in flight.
    static let receiving = Flags(rawValue: 1 << 0)
    static let sending = Flags(rawValue: 1 << 1)
    static let readingFile = Flags(rawValue: 1 << 2)
    static let askingAddress = Flags(rawValue: 1 << 3)
    static let shuttingDown = Flags(rawValue: 1 << 22)
    static let inFlight: Flags = [.receiving, .sending, .readingFile, .askingAddress, .shuttingDown]
    // Planned operations.
    /// Listed for `settle` at the end of this turn.
    static let isDirty = Flags(rawValue: 1 << 4)
    /// Listed to be parsed further in the next turn.
    static let hasMoreToParse = Flags(rawValue: 1 << 5)
    /// Reading is paused because too many bytes wait unparsed.
    static let isPaused = Flags(rawValue: 1 << 6)
    /// The last response said `close`.
    static let closesAfterAnswer = Flags(rawValue: 1 << 7)
    /// Input may be unread at the close, so the connection lingers.
    static let lingers = Flags(rawValue: 1 << 8)
    /// The close sends RST.
    static let resets = Flags(rawValue: 1 << 9)
    // Facts.
    /// The peer's FIN was seen.
    static let peerFinished = Flags(rawValue: 1 << 10)
    /// The receive, the send or all operations are being cancelled; the cancel is not submitted twice.
    static let cancellingReceive = Flags(rawValue: 1 << 11)
    static let cancellingSend = Flags(rawValue: 1 << 12)
    static let cancellingAll = Flags(rawValue: 1 << 13)
    /// Our FIN is sent or in flight.
    static let shutDown = Flags(rawValue: 1 << 14)
    /// The access log or the handler needs the peer's address, which has not been requested yet.
    static let wantsAddress = Flags(rawValue: 1 << 15)
    /// Nothing was received yet; the first receive is a single-shot one.
    static let isFresh = Flags(rawValue: 1 << 17)
    /// The send in flight is to be cancelled, to see how much of it was sent.
    static let wantsSendCancelled = Flags(rawValue: 1 << 16)
    /// The present body is received into a buffer of its own, one piece each time its reader asks.
    static let isBulk = Flags(rawValue: 1 << 18)
    /// The receive in flight is such a single receive into a buffer of its own.
    static let receivingInto = Flags(rawValue: 1 << 19)
    /// Our FIN follows what is still to be sent; the peer may continue to send.
    static let endsSending = Flags(rawValue: 1 << 20)
    /// The receive is to be armed anew, because only arming makes it check the socket.
    static let wantsLook = Flags(rawValue: 1 << 21)
    /// The receive was armed anew because a deadline was due; when the deadline is due again, it counts.
    static let hasLooked = Flags(rawValue: 1 << 24)
    /// The driver itself reads the bytes of a send, so it must not be lent a mapping of a file.
    static let driverReadsSends = Flags(rawValue: 1 << 25)
    /// The send in flight is an uncopied part of a file and waits for room in the socket.
    static let sendingFile = Flags(rawValue: 1 << 23)
  }

  var phase = Phase.free
  var closeReason = CloseReason.peerFinished
  /// Number of the core's listener that accepted it.
  var listener: UInt8 = 0
  var flags: Flags = []
  var generation: UInt32 = 0
  /// The intake of a request that has arrived in part, if any.
  var intake = Index<Intake>.none
  /// The outbox of responses that are being sent, if any.
  var outbox = Index<Outbox>.none
  var requestCount: UInt32 = 0
  /// When the phase times out.
  var deadline = Tick(rawValue: .max)
  /// When the wheel checks the connection; never later than `deadline`.
  var armedFor = Tick(rawValue: .max)
  var openedAt = Tick(rawValue: 0)

  /// The armed receive is the only operation in flight, and nothing else is to be done.
  var isAtRest: Bool {
    phase == .idle && flags == .receiving && outbox == .none && intake == .none
  }

  /// Marks the connection as listed; false if it was listed already.
  mutating func takesMark() -> Bool {
    guard !flags.contains(.isDirty) else { return false }
    flags.insert(.isDirty)
    return true
  }

  /// The connection ends once its responses are sent.
  mutating func close(for reason: CloseReason) {
    flags.insert(.closesAfterAnswer)
    closeReason = reason
  }
}
