// Connecting: the engine's connections to peers that play servers. The chain of connect, send and receive
// keeps the promises of `RingDriver.enqueueConnect`.

import ApusRing
internal import Glibc

/// A connect under way, and what is linked behind it.
struct SimulatedConnect {
  let slot: Slot
  let address: SocketAddress
  /// nil to connect and no more.
  let region: ReadableRegion?
  let connect: Token
  let send: Token
  let receive: Token
  var serial = 0
}

extension SimulatedKernel {
  func begin(_ connect: SimulatedConnect) {
    let slot = connect.slot
    guard Int(slot) >= configuration.slotCount, Int(slot) < sockets.count else {
      violate("slot \(slot): connected, but none of the engine's own")
      return
    }
    if sockets[Int(slot)] != nil || connects[slot] != nil || unconnected.contains(slot) {
      violate("slot \(slot): connected while in use")
    }
    var connect = connect
    connectSerial += 1
    connect.serial = connectSerial
    connects[slot] = connect
    let delay = UInt64(random.within(configuration.connectNanoseconds))
    if delay == 0 {
      endConnect(slot, connect.serial)
    } else {
      events.add(.connectEnds(slot, serial: connect.serial), at: clock + delay)
    }
  }

  func endConnect(_ slot: Slot, _ serial: Int) {
    guard let connect = connects[slot], connect.serial == serial else { return }
    connects[slot] = nil
    guard connector != nil || !servers.isEmpty, connect.serial > configuration.refusedConnects,
      !random.chance(configuration.connectRefusal), let peer = server(at: connect.address)
    else {
      count { $0.refused += 1 }
      unconnected.insert(slot)
      post(connect.connect, -ECONNREFUSED)
      return
    }
    let socket = SimulatedSocket(slot: slot, peer: peer)
    sockets[Int(slot)] = socket
    peer.socket = socket
    peer.connected(at: now, from: PeerAddress(family: .v4, octets: (0x0A00_0000, 0), port: 1024))
    events.add(.peerActs(peer), at: clock)
    guard let region = connect.region else {
      post(connect.connect, 0)
      return
    }
    socket.send = SimulatedSocket.SendInFlight(
      token: connect.send, serial: socket.nextSerial(), head: region, body: nil)
    socket.linkedReceive = connect.receive
    socket.outstanding += 1
    continueSend(socket)
  }

  private func server(at address: SocketAddress) -> SimulatedPeer? {
    guard let connector else { return servers.removeFirst() }
    guard let peer = connector(address) else { return nil }
    peers.append(peer)
    return peer
  }

  /// A cancelled connect completes alone.
  func cancelConnect(_ slot: Slot, _ operation: Token) {
    connects[slot] = nil
    unconnected.insert(slot)
    count { $0.cancels += 1 }
    post(operation, -ECANCELED)
  }
}
