// ClientConnection: one connection that the core has opened. Its number is the pool's member's and its index
// in the table; its descriptor is above those of accepted connections.

import ApusRing
import ApusWire

package struct ClientConnection {
  enum Phase: UInt8 {
    case free
    /// One of several connects to one host, which send nothing yet.
    case racing
    /// The chain of connect, first send and receive is under way.
    case connecting
    /// Leased to an exchange.
    case leased
    /// In the pool, its receive armed.
    case idle
    /// The rest of a response that nobody reads is read and dropped.
    case draining
    /// No new operation; waits for those in flight, then closes.
    case closing
  }

  struct Flags: ChainFlags {
    let rawValue: UInt32
    // In flight.
    static let connecting = Flags(rawValue: 1 << 0)
    static let sending = Flags(rawValue: 1 << 1)
    static let receiving = Flags(rawValue: 1 << 2)
    static let shuttingDown = Flags(rawValue: 1 << 16)
    /// What a new connection begins with.
    static let opening: Flags = [.connecting, .sending, .receiving]
    static let inFlight: Flags = [.connecting, .sending, .receiving, .shuttingDown]
    static let cancelledConnect = Flags(rawValue: 1 << 3)
    static let cancelledSend = Flags(rawValue: 1 << 4)
    static let cancelledReceive = Flags(rawValue: 1 << 5)
    static let missedConnect = Flags(rawValue: 1 << 17)
    /// Listed for the end of the turn.
    static let isDirty = Flags(rawValue: 1 << 6)
    /// Its reader is behind: nothing more is received.
    static let isPaused = Flags(rawValue: 1 << 7)
    /// In a response's body.
    static let isInBody = Flags(rawValue: 1 << 8)
    /// The body ends with the connection.
    static let endsWithConnection = Flags(rawValue: 1 << 9)
    /// The response lets the connection live on.
    static let keepsAlive = Flags(rawValue: 1 << 10)
    static let hasSlot = Flags(rawValue: 1 << 11)
    /// The pool counts it: candidates of a race that have not won are nobody's.
    static let isMember = Flags(rawValue: 1 << 12)
    /// The head under way came in pieces.
    static let isScanning = Flags(rawValue: 1 << 13)
    /// The receive in flight ends with what it brings.
    static let receivesOnce = Flags(rawValue: 1 << 14)
    /// Our FIN is to follow what is still to be sent.
    static let endsSending = Flags(rawValue: 1 << 15)
  }

  var phase = Phase.free
  var flags: Flags = []
  var generation: UInt32 = 0
  var slot: Slot = 0
  /// Index of its client in the table.
  var client: Index<ClientHome> = 0
  var member: Pool.Member = 0
  /// Whose exchange it carries, or races for.
  var exchange = Index<ClientExchange>.none
  var deadline = Tick(rawValue: .max)
  var armedFor = Tick(rawValue: .max)
  /// The server's `Keep-Alive: timeout` of the last response.
  var idleHint: UInt32?
  var decoder = BodyDecoder(BodyFraming.none)
  var scanner = HeadScanner(response: ())
  /// Where a large body is received, a piece at a time.
  var bulk: BodyBuffer?
  /// The part of a head that has arrived.
  var carry = Block.none
  var carryCount = 0
  /// What the send in flight reads; held until its completion.
  var flight: BodyChunk?
  var secondFlight: BodyChunk?
  /// Why it is to be closed, once that is so.
  var ending: ConnectionEnding?
  /// A number for people, unique on the core.
  var identity: UInt64 = 0
}

extension Token {
  /// Which of the core's own connections: in their tokens its number stands where an
  /// accepted one has its slot.
  init(_ operation: Operation, _ connection: Index<ClientConnection>, generation: UInt32) {
    self.init(operation, slot: Slot(rawValue: connection.rawValue), generation: generation)
  }

  var connection: Index<ClientConnection> { Index(rawValue: slot.rawValue) }
}
