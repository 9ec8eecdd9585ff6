// Peers' addresses, for the access log and for handlers, and the writes of the access log's file.

package import ApusRing
import ApusWire

extension ConnectionTable {
  package mutating func didLearnAddress(_ address: PeerAddress?, _ slot: Slot) {
    connections[slot].flags.remove(.askingAddress)
    accessLog?.setAddress(address, slot)
    if handler.wantsAddresses { setPeer(address, slot) }
    markDirty(slot)
  }

  private mutating func setPeer(_ address: PeerAddress?, _ slot: Slot) {
    while peers.count <= Int(slot) { peers.append(nil) }
    peers[Int(slot)] = address
  }

  /// The connection's handshake is done, before its first byte of plaintext.
  package mutating func didSecure(_ slot: Slot, _ facts: SecureFacts?) {
    securities.set(facts, slot)
  }

  /// Sets the peer of the request that is about to get its response.
  @inline(__always)
  mutating func notePeer(_ slot: Slot) {
    if handler.wantsAddresses { currentPeer = Int(slot) < peers.count ? peers[Int(slot)] : nil }
  }

  /// Sets the role of the request in `head`, which came over the slot's connection.
  @inline(__always)
  mutating func noteRole(_ slot: Slot) {
    guard !roles.isEmpty else { return }
    role = roles[Int(connections[slot].listener)]
    if role.isSecured { currentSecurity = securities[slot] }
    writer.select(isSecured: role.isSecured)
  }

  /// What the handshake of the slot's connection agreed on; nil without TLS, whatever its predecessor had.
  mutating func security(of slot: Slot) -> ConnectionSecurity? {
    guard !roles.isEmpty, roles[Int(connections[slot].listener)].isSecured else { return nil }
    return securities[slot]
  }

  package var logIsWriting: Bool { accessLog?.isWriting ?? false }
  package var logDescriptor: Int32 { accessLog?.descriptor ?? -1 }

  /// The flush interval since the first line of a batch has passed.
  package mutating func logIsDue() { accessLog?.intervalIsOver() }

  /// The next bytes to append to the file, if a write is due and none is in flight.
  package mutating func nextLogWrite() -> ReadableRegion? {
    guard let accessLog else { return nil }
    if accessLog.startsBatch { arm(.logFlush, after: AccessLog.flushTicks) }
    return accessLog.nextWrite(isLast: isDraining && openCount == 0)
  }

  package mutating func didWriteLog(_ result: Int32) {
    if let accessLog { counters.lostLogLines += accessLog.didWrite(result) }
  }

  /// The core has ended: lines that are not written by now are lost.
  package mutating func endLog() {
    if let accessLog { counters.lostLogLines += accessLog.end() }
  }
}
