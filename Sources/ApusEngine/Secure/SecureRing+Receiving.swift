// Receiving: ciphertext in, one completion for what it brought. What a single receive did not take waits in
// the link, and is the next one's.

package import ApusRing
import ApusWire

extension SecureRing where Base: ~Copyable {
  /// Ciphertext that one receive takes, where the owner has room for much.
  private static var inputBytes: Int { 65_536 }
  /// What a record adds to its content.
  private static var recordBytes: Int { 64 }

  package mutating func enqueueReceive(_ slot: Slot, _ token: Token) {
    guard let link = link(slot) else { return base.enqueueReceive(slot, token) }
    receive(.multishot, token, link)
  }

  package mutating func enqueueFirstReceive(_ slot: Slot, _ token: Token) {
    guard let link = link(slot) else { return base.enqueueFirstReceive(slot, token) }
    receive(.once, token, link)
  }

  package mutating func enqueueReceive(_ slot: Slot, into region: WritableRegion, _ token: Token) {
    guard let link = link(slot) else { return base.enqueueReceive(slot, into: region, token) }
    receive(.into(region), token, link)
  }

  private mutating func receive(_ kind: SecureLink.Receive.Kind, _ token: Token, _ link: SecureLink) {
    precondition(link.receive == nil, "slot \(link.slot): two receives at once")
    link.receive = SecureLink.Receive(token: token, kind: kind)
    begin(link)
    if link.hasInput { makeReady(link) } else { receiveBelow(link) }
  }

  /// Arms a receive, unless there is one, or something to be worked off first.
  mutating func receiveBelow(_ link: SecureLink) {
    guard !link.isReceivingBelow, !link.isQueued, !link.isClosed, link.end == nil else { return }
    guard link.receive != nil || (link.isHandshaking && link.hasBegun) else { return }
    if link.hasBytes { return makeReady(link) }
    if let receive = link.receive, receive.isCancelled {
      link.receive = nil
      return tell(receive.token, -Errno.cancelled)
    }
    link.isReceivingBelow = true
    let token = link.token(.secureReceive)
    guard !link.isHandshaking, let receive = link.receive else {
      return base.enqueueFirstReceive(link.slot, token)
    }
    switch receive.kind {
    case .multishot: base.enqueueReceive(link.slot, token)
    case .into(let region):
      // Not into a buffer of the driver's below: its owner knows of no shortage of those.
      precondition(link.input.isEmpty, "slot \(link.slot): received over \(link.input.count) bytes")
      pool.release(link.input.block)
      link.input = SecureLink.Bytes(
        block: pool.acquire(min(region.count + Self.recordBytes, Self.inputBytes)))
      link.isInputLent = true
      base.enqueueReceive(link.slot, into: link.input.block.writable(0..<link.input.block.capacity), token)
    case .once: base.enqueueFirstReceive(link.slot, token)
    }
  }

  mutating func didReceive(_ completion: Completion, _ link: SecureLink) -> Completion? {
    if !completion.hasMore { link.isReceivingBelow = false }
    let count = Int(completion.result)
    guard let buffer = completion.buffer else {
      if link.isInputLent {
        link.isInputLent = false
        if count > 0, !link.isOver { link.input.end = count } else { release(&link.input) }
      }
      if count > 0 { makeReady(link) } else { didReceiveNothing(completion.result, link) }
      return hasOwn ? reapOwn() : nil
    }
    if count <= 0 || link.isOver {
      // Nothing behind the end of a session is kept, or received once the receive in flight has ended.
      base.recycle(buffer)
      if count <= 0 { didReceiveNothing(completion.result, link) }
      return hasOwn ? reapOwn() : nil
    }
    if link.isHandshaking || link.receive == nil || link.hasInput {
      keep(buffer, 0..<count, link)
      base.recycle(buffer)
      if link.isHandshaking { queueHandshake(link) } else { makeReady(link) }
      return nil
    }
    precondition(drained == nil, "slot \(link.slot): a second buffer before the first is worked off")
    drained = Drained(link: link, buffer: buffer, start: 0, end: count)
    hasOwn = true
    return reapOwn()
  }

  private mutating func didReceiveNothing(_ result: Int32, _ link: SecureLink) {
    switch -result {
    case Errno.noBuffers where link.receive?.isIntoRegion ?? true: receiveBelow(link)
    case Errno.cancelled, Errno.noBuffers:
      // Its owner asks again, or has asked for the end of it.
      if let receive = link.receive {
        link.receive = nil
        tell(receive.token, result)
      } else {
        receiveBelow(link)
      }
    case 0:
      if link.end == nil { link.end = .finished }
      didEndBelow(link)
    default:
      // A session that failed has said why.
      if !link.hasFailed { link.end = .broken(result) }
      didEndBelow(link)
    }
  }

  /// Nothing more comes from below. What lies here is worked off first.
  private mutating func didEndBelow(_ link: SecureLink) {
    if !link.isHandshaking || link.hasFailed { return makeReady(link) }
    if !link.isQueued { failHandshakeAtEnd(link) }
  }

  // MARK: decrypting

  /// Goes on with the buffer in hand; nil once it is worked off.
  mutating func drain() -> Completion? {
    guard let work = drained else { return nil }
    let link = work.link
    if link.isClosed {
      endDrain(work)
      return nil
    }
    guard let receive = link.receive else {
      keep(work.buffer, work.start..<work.end, link)
      endDrain(work)
      return nil
    }
    let room = room(receive)
    var said = CipherOutput(scratch)
    let step = link.decrypt(
      base.bytes(of: work.buffer, count: work.end).extracting(work.start..<work.end), into: room, &said)
    gather(said, link)
    noteEnd(step, link)
    drained?.start = work.start + step.taken
    let isWorkedOff = work.start + step.taken == work.end && step.state != .wantsRoom && step.state != .ready
    if isWorkedOff || link.isOver { endDrain(work) }
    return completion(step, receive, link)
  }

  private mutating func endDrain(_ work: Drained) {
    base.recycle(work.buffer)
    drained = nil
    receiveBelow(work.link)
  }

  /// What a link holds: ciphertext, decrypted bytes, its end.
  mutating func deliver(_ link: SecureLink) -> Completion? {
    guard !link.isClosed, let receive = link.receive else { return nil }
    if link.hasBytes {
      var said = CipherOutput(scratch)
      let input = link.input
      let step = link.decrypt(input.block.bytes(input.start..<input.end), into: room(receive), &said)
      gather(said, link)
      link.input.start += step.taken
      if link.input.isEmpty { release(&link.input) }
      noteEnd(step, link)
      if let completion = completion(step, receive, link) { return completion }
      if link.hasInput { makeReady(link) } else { receiveBelow(link) }
      return nil
    }
    guard let end = link.end else { return nil }
    link.receive = nil
    return Completion(token: receive.token, result: end.result)
  }

  private func room(_ receive: SecureLink.Receive) -> WritableRegion {
    if case .into(let region) = receive.kind { return region }
    return plaintext.writable(0..<plaintext.capacity)
  }

  /// What lies behind the end of a session is nobody's.
  private mutating func noteEnd(_ step: SecureStep, _ link: SecureLink) {
    switch step.state {
    case .ended:
      if link.end == nil { link.end = .finished }
      if !link.isInputLent { release(&link.input) }
    case .failed: fail(link)
    default: break
    }
  }

  /// What the owner hears of a step.
  private mutating func completion(
    _ step: SecureStep, _ receive: SecureLink.Receive, _ link: SecureLink
  ) -> Completion? {
    guard step.plaintext > 0 else {
      if link.end != nil { makeReady(link) }
      return nil
    }
    var hasMore = false
    var buffer: BufferID? = Self.plaintextBuffer
    switch receive.kind {
    case .multishot: hasMore = true
    case .once: link.receive = nil
    case .into:
      link.receive = nil
      buffer = nil
    }
    if hasMore, drained == nil {
      if link.hasInput { makeReady(link) } else { receiveBelow(link) }
    }
    return Completion(token: receive.token, result: Int32(step.plaintext), buffer: buffer, hasMore: hasMore)
  }

  // MARK: bytes

  /// Copies ciphertext that has to wait behind what waits already.
  private mutating func keep(_ buffer: BufferID, _ range: Range<Int>, _ link: SecureLink) {
    reserve(range.count, &link.input)
    link.input.append(base.bytes(of: buffer, count: range.upperBound).extracting(range))
  }

  /// Makes room behind what is there.
  mutating func reserve(_ count: Int, _ bytes: inout SecureLink.Bytes) {
    guard bytes.block.capacity - bytes.end < count else { return }
    if bytes.start > 0 {
      bytes.block.moveToStart(bytes.start..<bytes.end)
      bytes.end -= bytes.start
      bytes.start = 0
      if bytes.block.capacity - bytes.end >= count { return }
    }
    var larger = SecureLink.Bytes(block: pool.acquire(bytes.count + count))
    if !bytes.isEmpty { larger.append(bytes.block.bytes(bytes.start..<bytes.end)) }
    pool.release(bytes.block)
    bytes = larger
  }

  mutating func release(_ bytes: inout SecureLink.Bytes) {
    pool.release(bytes.block)
    bytes = SecureLink.Bytes()
  }
}

extension SecureLink {
  /// Decrypts until there is nothing more to take, or no more room. What the session says by itself goes to
  /// `said`; `.wantsRoom` asks for another one.
  func decrypt(
    _ ciphertext: Span<UInt8>, into region: WritableRegion, _ said: inout CipherOutput
  ) -> SecureStep {
    var sum = SecureStep(.wantsCiphertext)
    repeat {
      let step = session!.receive(
        ciphertext.extracting(sum.taken..<ciphertext.count), into: region.part(from: sum.plaintext),
        answering: &said)
      sum.taken += step.taken
      sum.plaintext += step.plaintext
      sum.state = step.state
    } while sum.state == .goesOn
    return sum
  }
}

extension SecureLink.Bytes {
  mutating func append(_ bytes: Span<UInt8>) { block.append(after: &end) { $0.append(copying: bytes) } }
}

extension SecureLink.End {
  var result: Int32 {
    switch self {
    case .finished: 0
    case .failed: -Errno.protocolError
    case .broken(let result): result
    }
  }
}
