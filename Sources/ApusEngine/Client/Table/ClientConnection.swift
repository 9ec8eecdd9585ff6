// ClientConnection: one connection that the core has opened. Its number is its index in the table,
// apart from its pool's `member`; its slot is above those of accepted connections.

import ApusRing
import ApusWire

package struct ClientConnection {
  enum Phase: UInt8 {
    case free
    /// One of several connects to one host, which send nothing yet.
    case racing
    /// The chain of connect, first send and receive is in flight.
    case connecting
    /// Leased to an exchange.
    case leased
    /// In the pool, with its receive armed.
    case idle
    /// The rest of a response that the caller did not read is received and discarded.
    case draining
    /// Starts no new operation; waits for those in flight, then closes.
    case closing
  }

  struct Flags: ChainFlags {
    let rawValue: UInt32
    // In flight.
    static let connecting = Flags(rawValue: 1 << 0)
    static let sending = Flags(rawValue: 1 << 1)
    static let receiving = Flags(rawValue: 1 << 2)
    static let shuttingDown = Flags(rawValue: 1 << 16)
    /// The operations that a new connection begins with.
    static let opening: Flags = [.connecting, .sending, .receiving]
    static let inFlight: Flags = [.connecting, .sending, .receiving, .shuttingDown]
    static let cancelledConnect = Flags(rawValue: 1 << 3)
    static let cancelledSend = Flags(rawValue: 1 << 4)
    static let cancelledReceive = Flags(rawValue: 1 << 5)
    static let missedConnect = Flags(rawValue: 1 << 17)
    /// It is listed for the end of the turn.
    static let isDirty = Flags(rawValue: 1 << 6)
    /// Its reader is behind: nothing more is received.
    static let isPaused = Flags(rawValue: 1 << 7)
    /// It is in a response's body.
    static let isInBody = Flags(rawValue: 1 << 8)
    /// The body ends with the connection.
    static let endsWithConnection = Flags(rawValue: 1 << 9)
    /// The response allows the connection to be reused.
    static let keepsAlive = Flags(rawValue: 1 << 10)
    static let hasSlot = Flags(rawValue: 1 << 11)
    /// The pool counts it; candidates of a race that have not won do not belong to the pool.
    static let isMember = Flags(rawValue: 1 << 12)
    /// The current head arrived in pieces.
    static let isScanning = Flags(rawValue: 1 << 13)
    /// The receive in flight is single-shot.
    static let receivesOnce = Flags(rawValue: 1 << 14)
    /// Our FIN must follow what is still to be sent.
    static let endsSending = Flags(rawValue: 1 << 15)
  }

  var phase = Phase.free
  var flags: Flags = []
  var generation: UInt32 = 0
  var slot: Slot = 0
  /// Index of its client in the table.
  var client: Index<ClientHome> = 0
  var member: Pool.Member = 0
  /// The exchange that it carries, or races for.
  var exchange = Index<ClientExchange>.none
  var deadline = Tick(rawValue: .max)
  var armedFor = Tick(rawValue: .max)
  /// The server's `Keep-Alive: timeout` of the last response.
  var idleHint: UInt32?
  var decoder = BodyDecoder(BodyFraming.none)
  var scanner = HeadScanner(response: ())
  /// The buffer that a large body is received into, a piece at a time.
  var bulk: BodyBuffer?
  /// The part of a head that has arrived.
  var carry = Block.none
  var carryCount = 0
  /// The chunk that the send in flight reads; held until its completion.
  var flight: BodyChunk?
  var secondFlight: BodyChunk?
  /// Why it is to be closed, once that is decided.
  var ending: ConnectionEnding?
  /// A number for people to read, unique on the core.
  var identity: UInt64 = 0
}

extension Token {
  /// A token of one of the core's own connections: its number takes the place of an accepted connection's
  /// slot.
  init(_ operation: Operation, _ connection: Index<ClientConnection>, generation: UInt32) {
    self.init(operation, slot: Slot(rawValue: connection.rawValue), generation: generation)
  }

  var connection: Index<ClientConnection> { Index(rawValue: slot.rawValue) }
}
