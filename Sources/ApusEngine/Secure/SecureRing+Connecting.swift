// Connecting: the first flight goes with the connect in one chain; the owner's bytes wait for the handshake.

package import ApusRing

extension SecureRing where Base: ~Copyable {
  package mutating func enqueueConnect(
    _ slot: Slot, to address: SocketAddress, sending region: ReadableRegion, connect: Token, send: Token,
    receive: Token
  ) {
    guard let link = link(slot) else {
      return base.enqueueConnect(
        slot, to: address, sending: region, connect: connect, send: send, receive: receive)
    }
    if link.session?.failure != nil {
      // The identity is none that can be asked for: nothing is connected.
      tell(send, -Errno.protocolError)
      return tell(receive, -Errno.cancelled)
    }
    link.send = SecureLink.Send(token: send, first: region, second: nil, isSilent: false)
    link.receive = SecureLink.Receive(token: receive, kind: .multishot)
    link.connect = connect
    // Both are armed by the chain.
    link.isSendingBelow = true
    link.isReceivingBelow = true
    begin(link)
    swap(&link.leaving, &link.gathered)
    base.enqueueConnect(
      slot, to: address, sending: link.leaving.block.readable(link.leaving.start..<link.leaving.end),
      connect: link.token(.secureConnect), send: link.token(.secureSend), receive: link.token(.secureReceive))
  }

  /// Connects only: the handshake begins when the owner sends or receives.
  package mutating func enqueueConnect(_ slot: Slot, to address: SocketAddress, _ token: Token) {
    base.enqueueConnect(slot, to: address, token)
  }

  /// The chain was cut at its first link: neither send nor receive completes.
  mutating func didFailToConnect(_ result: Int32, _ link: SecureLink) {
    guard let connect = link.connect else { return }
    link.connect = nil
    link.isSendingBelow = false
    link.isReceivingBelow = false
    link.send = nil
    link.receive = nil
    release(&link.leaving)
    tell(connect, result)
  }
}
