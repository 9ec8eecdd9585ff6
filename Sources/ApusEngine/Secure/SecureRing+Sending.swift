// Sending: one send is in flight below for a connection. It has the ciphertext of one block; a longer send of
// the owner's is encrypted block by block.

package import ApusRing
import ApusWire

extension SecureRing where Base: ~Copyable {
  /// Ciphertext of one send below.
  private static var outputBytes: Int { 65_536 }
  /// Room for what records add to each 16 KiB, and for what a session says by itself.
  private static var recordRoom: Int { 64 }
  private static var spareRoom: Int { 576 }

  package mutating func enqueueSend(_ slot: Slot, _ region: ReadableRegion, _ token: Token) {
    guard let link = link(slot) else { return base.enqueueSend(slot, region, token) }
    send(SecureLink.Send(token: token, first: region, second: nil, isSilent: false), link)
  }

  package mutating func enqueueSend(
    _ slot: Slot, _ head: ReadableRegion, _ body: ReadableRegion, _ token: Token
  ) {
    guard let link = link(slot) else { return base.enqueueSend(slot, head, body, token) }
    send(SecureLink.Send(token: token, first: head, second: body, isSilent: false), link)
  }

  package mutating func enqueueSilentSend(_ slot: Slot, _ region: ReadableRegion, _ token: Token) {
    guard let link = link(slot) else { return base.enqueueSilentSend(slot, region, token) }
    send(SecureLink.Send(token: token, first: region, second: nil, isSilent: true), link)
  }

  private mutating func send(_ send: SecureLink.Send, _ link: SecureLink) {
    precondition(link.send == nil, "slot \(link.slot): two sends at once")
    link.send = send
    let skipped = min(link.ahead, send.count)
    link.ahead -= skipped
    link.send!.encrypted = skipped
    begin(link)
    receiveBelow(link)
    continueSend(link)
  }

  /// Encrypts what the block has room for and sends it, unless something is in flight or to be agreed on.
  mutating func continueSend(_ link: SecureLink) {
    guard !link.isSendingBelow, !link.isHandshaking, let send = link.send else { return }
    if case .broken(let result)? = link.end { return endSend(link, result) }
    if case .failed? = link.end { return endSend(link, -Errno.protocolError) }
    let rest = send.count - send.encrypted
    if rest == 0, link.unsentCount == 0 { return endSend(link, Int32(send.count)) }
    // What a cancel cut off comes first.
    if link.leaving.isEmpty, rest > 0 {
      let room = rest + (rest >> 14 + 1) * Self.recordRoom + Self.spareRoom
      reserve(min(room, Self.outputBytes), &link.gathered)
      if encrypt(send, link) != true { return }
    }
    flush(link)
  }

  /// False where the session failed.
  private mutating func encrypt(_ send: SecureLink.Send, _ link: SecureLink) -> Bool {
    let isInSecond = send.encrypted >= send.first.count
    let first =
      isInSecond
      ? send.second!.part(
        from: send.encrypted - send.first.count, count: send.count - send.encrypted)
      : send.first.part(from: send.encrypted, count: send.first.count - send.encrypted)
    var output = CipherOutput(link.gathered.block, count: link.gathered.end)
    let step = link.session!.send(first, isInSecond ? nil : send.second, into: &output)
    link.gathered.end = output.count
    if step.state == .failed {
      fail(link)
      return false
    }
    precondition(step.plaintext > 0, "slot \(link.slot): a session takes nothing of \(first.count) bytes")
    link.send!.encrypted += step.plaintext
    return true
  }

  /// Sends what is gathered, unless something is in flight.
  mutating func flush(_ link: SecureLink) {
    guard !link.isSendingBelow, !link.isShuttingDown, !link.isClosed, link.connect == nil else { return }
    if link.leaving.isEmpty {
      guard !link.gathered.isEmpty else { return }
      pool.release(link.leaving.block)
      swap(&link.leaving, &link.gathered)
      link.gathered = SecureLink.Bytes()
    }
    link.isSendingBelow = true
    base.enqueueSend(
      link.slot, link.leaving.block.readable(link.leaving.start..<link.leaving.end), link.token(.secureSend))
  }

  /// The sends of what sessions said by themselves. At the end of a turn, so that the owner's bytes join
  /// them.
  mutating func flushAll() {
    guard !unflushed.isEmpty else { return }
    for link in unflushed {
      link.isUnflushed = false
      flush(link)
    }
    unflushed.removeAll(keepingCapacity: true)
  }

  /// Takes what a session said by itself.
  mutating func gather(_ said: CipherOutput, _ link: SecureLink) {
    // Behind close_notify nothing is said.
    guard said.count > 0, !link.isShuttingDown else { return }
    reserve(said.count, &link.gathered)
    link.gathered.append(said.block.bytes(0..<said.count))
    guard !link.isUnflushed else { return }
    link.isUnflushed = true
    unflushed.append(link)
  }

  mutating func didSend(_ result: Int32, _ link: SecureLink) {
    link.isSendingBelow = false
    let isFirst = link.connect != nil
    let isOwn = link.send == nil || link.isHandshaking
    link.connect = nil
    let wasCancelled = link.isCancellingSend
    link.isCancellingSend = false
    let isWhole = Int(result) == link.leaving.count
    link.leaving.start += max(0, Int(result))
    if link.leaving.isEmpty { release(&link.leaving) }
    if let send = link.send, !link.isHandshaking {
      if isWhole, send.encrypted == send.count, link.gathered.isEmpty {
        endSend(link, Int32(send.count))
      } else if !isWhole || wasCancelled {
        endSend(link, partial(send, link, result, wasCancelled: wasCancelled))
      } else {
        continueSend(link)
      }
    } else if result < 0 || (isFirst && !isWhole) {
      endSend(link, result < 0 ? result : -Errno.connectionReset)
    }
    if link.shutdown != nil { return shutDown(link) }
    // The rest of what was cut off waits for its owner, who may send the bytes again.
    if isWhole || (isOwn && result >= 0) { flush(link) }
  }

  /// What has left of a send that did not end. The rest of the ciphertext is no less than that of the
  /// plaintext in it: so many bytes are counted as unsent, and are skipped when the owner sends them again.
  private func partial(
    _ send: SecureLink.Send, _ link: SecureLink, _ result: Int32, wasCancelled: Bool
  ) -> Int32 {
    let left = Int32(max(0, send.encrypted - link.unsentCount))
    if left > 0 { return left }
    return wasCancelled ? -Errno.cancelled : min(result, 0)
  }

  /// Tells the owner what became of its send.
  mutating func endSend(_ link: SecureLink, _ result: Int32) {
    guard let send = link.send else { return }
    link.send = nil
    link.ahead += send.encrypted - max(0, Int(result))
    if send.isSilent, Int(result) == send.count { return }
    tell(send.token, result)
  }
}
