// SimulatedSocket: one accepted connection as the kernel sees it: bytes on their way in both directions, and
// the operations in flight.

import ApusRing

final class SimulatedSocket {
  struct SendInFlight {
    var token: Token
    var serial: UInt64
    var head: ReadableRegion
    var body: ReadableRegion?
    /// Tells nobody when it has sent everything.
    var isSilent = false
    /// Bytes that the socket has taken.
    var taken = 0
    /// True if there was no room: the send continues once a third of all room is free.
    var waitsForRoom = false

    var count: Int { head.count + (body?.count ?? 0) }

    /// The next bytes, at most `limit` of them.
    func next(_ limit: Int) -> [UInt8] {
      let end = min(taken + limit, count)
      var bytes = taken < head.count ? head.copy(taken..<min(end, head.count)) : []
      if let body, end > head.count { bytes += body.copy(max(0, taken - head.count)..<(end - head.count)) }
      return bytes
    }
  }

  let slot: Slot
  /// The kernel keeps its peers for the whole run.
  unowned let peer: SimulatedPeer

  /// From the peer, not yet received by us.
  var inbound = ByteQueue()
  /// The peer has half-closed after `inbound`.
  var inboundEnded = false
  /// From us, not yet read by the peer.
  var outbound = ByteQueue()
  /// Room that has come to our send buffer by itself.
  var grownBytes = 0
  /// We have half-closed after `outbound`.
  var outboundEnded = false
  /// An RST has arrived here.
  var wasReset = false
  /// The error of the RST has been told to one operation; later ones see its consequences only.
  var resetWasTold = false
  var isClosed = false
  /// The last send's cancellation was asked for: the slot may be closed over it.
  var sendIsToBeCancelled = false
  /// And that of the last receive.
  var receiveIsToBeCancelled = false
  /// It was closed over a send, and ends with a reset.
  var resetsAtEnd = false

  /// Operations issued so far; tells an operation from a later one with the same token.
  var serial: UInt64 = 0
  var multishot: Token?
  /// The receive into provided buffers ends with its first completion.
  var receivesOnce = false
  /// When the multishot receive in flight last brought something, and went on.
  var broughtAt: Instant?
  var single: (token: Token, region: WritableRegion)?
  var receiveSerial: UInt64 = 0
  var send: SendInFlight?
  /// What of a file is to be sent, until the completion is reaped.
  var filePart: FilePart?
  /// Somebody waits for room to send it.
  var awaitsRoom: (token: Token, serial: UInt64)?
  /// The receive that is linked behind the first send of a connection that the engine opened.
  var linkedReceive: Token?
  /// Operations whose last completion has not been reaped.
  var outstanding = 0
  /// The multishot receives among these.
  var outstandingMultishots = 0
  /// No completion of the slot's receives may be seen before this: their order is a promise.
  var receiveOrder: UInt64 = 0

  func nextSerial() -> UInt64 {
    serial += 1
    return serial
  }

  init(slot: Slot, peer: SimulatedPeer) {
    self.slot = slot
    self.peer = peer
  }
}
