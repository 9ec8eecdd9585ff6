// Large bodies, which are received into buffers of their own.

import ApusRing
import ApusWire

extension ClientTable {
  /// A body with this many bytes still to come, or this many received at unknown length, leaves the shared
  /// receive buffers.
  private static let sharedBodyBytes = UInt64(Limits().sharedBodyBytes)
  /// The most that one receive brings of it.
  private static let ownedBodyBytes = Limits().ownedBodyBytes

  /// The memory for the connection's next bytes until they are read or sent on; nil if they are few, or not a
  /// body's.
  mutating func bulkRegion(_ connection: Index<ClientConnection>) -> WritableRegion? {
    guard connections[connection].phase == .leased,
      connections[connection].flags.contains(.isInBody)
    else { return nil }
    let left = connections[connection].decoder.remainingContent
    let extent = left ?? exchanges[connections[connection].exchange].receivedBytes
    guard extent >= Self.sharedBodyBytes else { return nil }
    // Chunks of the old buffer may still be read.
    if connections[connection].bulk == nil
      || !isKnownUniquelyReferenced(&connections[connection].bulk!)
    {
      connections[connection].bulk = BodyBuffer(Self.ownedBodyBytes)
    }
    return connections[connection].bulk?.writable(Int(min(left ?? .max, UInt64(Self.ownedBodyBytes))))
  }

  /// A receive into that memory has brought `count` bytes.
  package mutating func didReceiveInto(_ count: Int, _ connection: Index<ClientConnection>) {
    guard let buffer = connections[connection].bulk else { return }
    buffer.received(count)
    arriving = buffer
    didReceive(buffer.bytes(0..<count), connection)
    arriving = nil
  }
}
