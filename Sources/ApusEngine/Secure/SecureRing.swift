// SecureRing: a driver over a driver. Listeners and connections that are secured speak TLS below and
// plaintext above; all others pass, at one comparison for each verb. Whoever drives it (a core, a client, a
// load thread) needs to know no more of TLS than who it wants to reach.
//
// What it enqueues for a secured connection carries tokens of its own; the owner's wait in the connection's
// link. A completion from below yields none, one or several above, and `reap` looks for them in this order:
// completions that are made already; the rest of the ciphertext in hand; connections that hold something; the
// driver below; and, once that has nothing more, handshakes, which are the most expensive and wait for those
// who have theirs.

package import ApusRing

package struct SecureRing<Base: RingDriver & ~Copyable>: RingDriver, ~Copyable {
  /// Ends before the memory that the kernel reads and writes for it.
  package var base: Base
  /// Bytes of plaintext that one completion brings, as in a record of full size.
  static var plaintextBytes: Int { 16_384 }
  /// What a session may say by itself in one call before it is asked again.
  static var saidBytes: Int { 16_384 }

  package var contexts: SecureContexts
  package internal(set) var counters = SecureCounters()

  /// By slot; shorter than the highest slot, where no later one is secured.
  var links: [SecureLink?] = []
  var pool = BlockPool()
  var plaintext = Block.none
  var scratch = Block.none
  var nextGeneration: UInt32 = 0
  /// The owner's accepts, by listener.
  var accepts: [Token]

  /// One of the next three has something.
  var hasOwn = false
  var completions = Queue<Completion>()
  var ready = Queue<SecureLink>()
  var drained: Drained?

  /// Connections whose handshake can go on.
  var handshakes = Queue<SecureLink>()
  /// When this turn's time for handshakes is over.
  var handshakesEnd: Instant?
  /// Connections whose session said something that is still to be sent.
  var unflushed: [SecureLink] = []
  /// What is in flight for connections that are closed, by token.
  var orphans: [Token: Orphan] = [:]

  /// A buffer of the driver's below that is being decrypted.
  struct Drained {
    let link: SecureLink
    let buffer: BufferID
    var start: Int
    let end: Int
  }

  /// What ends with an operation's last completion.
  struct Orphan {
    /// Completes then.
    var receive: Token?
    /// Is free then.
    var block = Block.none
  }

  package init(_ base: consuming Base, _ contexts: SecureContexts = SecureContexts()) {
    accepts = Array(repeating: Token(.accept), count: base.listenerCount)
    self.base = base
    self.contexts = contexts
  }

  /// The connection's link; nil for plain ones.
  @inline(__always)
  func link(_ slot: Slot) -> SecureLink? {
    let index = Int(slot.rawValue)
    return index < links.count ? links[index] : nil
  }

  /// What it holds though no connection is open; for tests.
  package func audit() -> [String] {
    var findings: [String] = []
    let open = links.count { $0 != nil }
    if open > 0 { findings.append("\(open) connections with TLS are open") }
    if !orphans.isEmpty {
      findings.append("\(orphans.count) operations of closed connections have not ended")
    }
    let own = [plaintext, scratch].count { !$0.isNone }
    if pool.lentCount != own {
      findings.append("\(pool.lentCount - own) blocks of ciphertext were not released")
    }
    return findings
  }

  // MARK: the turn

  package mutating func now() -> Instant { base.now() }
  package mutating func unixSeconds() -> Int64 { base.unixSeconds() }
  package mutating func reserve(_ entries: Int) { base.reserve(entries) }

  /// Polls where something is to be told that the driver below does not know of.
  package mutating func submitAndWait(until deadline: Instant?) {
    var deadline = deadline
    if !links.isEmpty {
      flushAll()
      handshakesEnd = nil
      if hasOwn || !handshakes.isEmpty { deadline = Instant(nanoseconds: 0) }
    }
    base.submitAndWait(until: deadline)
  }

  package mutating func reap() -> Completion? {
    if hasOwn, let completion = reapOwn() { return completion }
    while let completion = base.reap() {
      if !completion.token.isSecure { return completion }
      if let above = take(completion) { return above }
    }
    return handshakes.isEmpty ? nil : reapHandshakes()
  }

  @_lifetime(&self)
  package mutating func bytes(of buffer: BufferID, count: Int) -> Span<UInt8> {
    if buffer < Self.plaintextBuffer { return base.bytes(of: buffer, count: count) }
    return plaintext.bytes(0..<count)
  }

  package mutating func recycle(_ buffer: BufferID) {
    if buffer < Self.plaintextBuffer { base.recycle(buffer) }
  }

  /// The number of the buffer that plaintext is lent in. The driver below numbers its buffers from 0 on.
  static var plaintextBuffer: BufferID { 0x8000 }

  /// What became of an operation of ours.
  @inline(never)
  private mutating func take(_ completion: Completion) -> Completion? {
    let token = completion.token
    if token.isOf(.secureAccept) { return didAccept(completion) }
    guard let link = link(token.slot), link.generation == token.generation else {
      return didEnd(completion)
    }
    switch token.operation {
    case .secureReceive: return didReceive(completion, link)
    case .secureSend: didSend(completion.result, link)
    case .secureConnect: didFailToConnect(completion.result, link)
    case .secureCancel: didNotCancel(completion.result, link)
    case .secureShutdown: didShutDown(completion.result, link)
    default: preconditionFailure("slot \(token.slot): \(token.operation) of a connection that is open")
    }
    return hasOwn ? reapOwn() : nil
  }

  /// What is to be told without the driver below.
  mutating func reapOwn() -> Completion? {
    while true {
      if let completion = completions.popFirst() { return completion }
      if drained != nil {
        if let completion = drain() { return completion }
      } else if let link = ready.popFirst() {
        link.isReady = false
        if let completion = deliver(link) { return completion }
      } else {
        hasOwn = false
        return nil
      }
    }
  }

  mutating func tell(_ token: Token, _ result: Int32) {
    completions.append(Completion(token: token, result: result))
    hasOwn = true
  }

  /// The connection has something for its owner.
  mutating func makeReady(_ link: SecureLink) {
    guard !link.isReady, link.receive != nil else { return }
    link.isReady = true
    ready.append(link)
    hasOwn = true
  }

  // MARK: listeners

  package var listenerCount: Int { base.listenerCount }
  package mutating func closeListener(_ listener: Int) { base.closeListener(listener) }

  package mutating func enqueueAccept(listener: Int, _ token: Token) {
    guard contexts.acceptor(listener) != nil else { return base.enqueueAccept(listener: listener, token) }
    accepts[listener] = token
    base.enqueueAccept(listener: listener, Token(.secureAccept, slot: Slot(listener)))
  }

  private mutating func didAccept(_ completion: Completion) -> Completion {
    let listener = Int(completion.token.slot)
    if completion.result >= 0 {
      let link = secure(Slot(completion.result), .server, session: nil)
      link.listener = listener
    }
    return Completion(
      token: accepts[listener], result: completion.result, hasMore: completion.hasMore)
  }

  mutating func secure(
    _ slot: Slot, _ role: SecureFacts.Role, session: (any SecureSession)?
  ) -> SecureLink {
    if plaintext.isNone {
      plaintext = pool.acquire(Self.plaintextBytes)
      scratch = pool.acquire(Self.saidBytes)
    }
    while links.count <= Int(slot) { links.append(nil) }
    precondition(links[Int(slot)] == nil, "slot \(slot) is secured twice")
    nextGeneration = (nextGeneration + 1) % Token.generationCount
    let link = SecureLink(slot, nextGeneration, role, session: session)
    links[Int(slot)] = link
    return link
  }

  // MARK: what a secured connection has no part in

  package func readsSends(on slot: Slot) -> Bool { link(slot) != nil || base.readsSends(on: slot) }

  package mutating func enqueueFileSend(_ slot: Slot, _ part: FilePart, _ token: Token) -> Bool {
    link(slot) == nil && base.enqueueFileSend(slot, part, token)
  }

  package mutating func openSocket(_ number: UInt32, to address: SocketAddress) -> SocketOpening {
    base.openSocket(number, to: address)
  }

  package mutating func enqueuePeerAddress(_ slot: Slot, listener: Int, _ token: Token) {
    base.enqueuePeerAddress(slot, listener: listener, token)
  }

  package func peerAddress(of slot: Slot) -> PeerAddress? { base.peerAddress(of: slot) }

  package mutating func enqueueRead(
    _ file: borrowing OpenFile, offset: UInt64, into region: WritableRegion, _ token: Token
  ) { base.enqueueRead(file, offset: offset, into: region, token) }

  package mutating func enqueueWrite(descriptor: Int32, _ region: ReadableRegion, _ token: Token) {
    base.enqueueWrite(descriptor: descriptor, region, token)
  }

  package mutating func enqueueWake(_ token: Token) { base.enqueueWake(token) }
}
