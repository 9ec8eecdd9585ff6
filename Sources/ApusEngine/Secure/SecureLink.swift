// SecureLink: what a ring over a ring knows of one connection with TLS: what its owner has asked for and
// waits for, what is in flight below, and the ciphertext in between. An idle connection holds no block.

import ApusRing

final class SecureLink {
  /// A receive that the owner waits for.
  struct Receive {
    enum Kind {
      case multishot
      case once
      case into(WritableRegion)
    }
    let token: Token
    let kind: Kind
    /// Its owner waits for its end: if the operation below ends by itself meanwhile, no other follows.
    var isCancelled = false

    var isIntoRegion: Bool {
      if case .into = kind { true } else { false }
    }
  }

  /// A send that the owner waits for.
  struct Send {
    let token: Token
    let first: ReadableRegion
    let second: ReadableRegion?
    /// Its success is not told.
    let isSilent: Bool
    /// Bytes of it that are encrypted.
    var encrypted = 0

    var count: Int { first.count + (second?.count ?? 0) }
  }

  /// How the incoming side has ended.
  enum End {
    /// By close_notify, or by a FIN.
    case finished
    /// The session failed.
    case failed
    /// The network failed, with a negated errno.
    case broken(Int32)
  }

  /// Ciphertext in a block, from `start` to `end`.
  struct Bytes {
    var block = Block.none
    var start = 0
    var end = 0

    var isEmpty: Bool { start == end }
    var count: Int { end - start }
  }

  let slot: Slot
  /// Tells its operations below from those of the slot's other tenants.
  let generation: UInt32
  let role: SecureFacts.Role
  /// The listener that a server's came by.
  var listener = 0
  /// A server's has none before the first byte, so a silent connection costs none.
  var session: (any SecureSession)?
  /// The session is still to be agreed on.
  var isHandshaking = true
  /// A client's: the first flight is made.
  var hasBegun = false
  /// The slot belongs to somebody else.
  var isClosed = false

  var receive: Receive?
  var send: Send?
  /// Named by a completion only if the operation to be cancelled was not found.
  var cancel: Token?
  var connect: Token?
  var shutdown: Token?

  var isReceivingBelow = false
  var isSendingBelow = false
  var isShuttingDown = false
  var isCancellingSend = false
  var isReady = false
  var isQueued = false
  var isUnflushed = false
  var end: End?

  /// The receive below writes to `input`.
  var isInputLent = false

  /// Received and not decrypted.
  var input = Bytes()
  /// In flight below, or cut off by a cancel.
  var leaving = Bytes()
  /// Made while other bytes leave, or still to be sent in this turn.
  var gathered = Bytes()
  /// Plaintext that is encrypted and that the owner still takes for unsent: a send was cancelled within a
  /// record, whose rest must follow.
  var ahead = 0

  init(_ slot: Slot, _ generation: UInt32, _ role: SecureFacts.Role, session: (any SecureSession)?) {
    self.slot = slot
    self.generation = generation
    self.role = role
    self.session = session
  }

  func token(_ operation: Operation) -> Token { Token(operation, slot: slot, generation: generation) }

  /// Something can be told without a byte from below.
  var hasInput: Bool { end != nil || hasBytes }

  /// There is something to decrypt, or decrypted.
  var hasBytes: Bool {
    !isHandshaking && !isOver && (!isInputLent && !input.isEmpty || session!.unreadCount > 0)
  }

  /// The peer has said that nothing more comes, or the session failed.
  var isOver: Bool { session.map { $0.sawCloseNotify || $0.failure != nil } ?? false }

  var hasFailed: Bool {
    if case .failed? = end { true } else { false }
  }

  /// Ciphertext that has not left, which is no less than its plaintext.
  var unsentCount: Int { leaving.count + gathered.count }
}
