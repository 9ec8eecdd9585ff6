import ApusRing
import ApusTestSupport
import Glibc
import Testing

/// Peers' addresses as the kernel tells them, with direct descriptors and ordinary ones.
@Suite struct PeerNameTests {
  @Test(arguments: [true, false])
  func
    `a peer that has sent its request and a reset is told by its own address, not by that of the slot's last tenant`(
      direct: Bool
    ) throws
  {
    try requireSupport(direct: direct)
    let door = LoopbackSocket.listening()
    var configuration = KernelRing.Configuration()
    configuration.receiveBufferCount = 4
    configuration.receiveBufferBytes = 64
    configuration.directDescriptors = direct ? 8 : 0
    var ring = try KernelRing(configuration, listeners: [duplicated(door.descriptor)], wakeUp: WakeUp())
    ring.enqueueAccept(listener: 0, Token(.accept))
    // An ordinary descriptor's number is free for every test of this process between the two.
    var slotHasSecondTenant = false
    for _ in 0..<1000 where !slotHasSecondTenant {
      let first = try askName(&ring, ofClientOf: door, resets: false)
      let second = try askName(&ring, ofClientOf: door, resets: true)
      slotHasSecondTenant = first == second
    }
    #expect(slotHasSecondTenant)
  }

  /// Accepts a client that sends a request and, if it `resets`, is gone then; expects its address to be told,
  /// and closes it. Answers the slot that it had.
  private func askName(_ ring: inout KernelRing, ofClientOf door: LoopbackSocket, resets: Bool) throws -> Slot
  {
    let client = try #require(LoopbackSocket(connectingTo: door.port))
    let port = client.port
    client.send("request")
    let slot = Slot(try ring.result(of: .accept))
    if resets { client.reset() }
    ring.enqueuePeerAddress(slot, listener: 0, Token(.peerAddress, slot: slot))
    _ = try ring.result(of: .peerAddress)
    let address = ring.peerAddress(of: slot)
    #expect(address?.port == port && address?.family == .v4)
    ring.enqueueClose(slot, reset: false, Token(.close))
    ring.submitAndWait(until: Instant(nanoseconds: 0))
    withExtendedLifetime(client) {}
    return slot
  }
}
