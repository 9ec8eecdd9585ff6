// Large bodies, which are received into memory of their own.

import ApusRing
import ApusWire

extension ClientTable {
  /// A body of which this much is still to come, or has come of unknown length, leaves
  /// the shared receive buffers.
  private static let sharedBodyBytes = UInt64(Limits().sharedBodyBytes)
  /// What one receive brings of it at most.
  private static let ownedBodyBytes = Limits().ownedBodyBytes

  /// Where the connection's next bytes may lie until they are sent on or read; nil if
  /// they are few, or no body's.
  mutating func bulkRegion(_ connection: Index<ClientConnection>) -> WritableRegion? {
    guard connections[connection].phase == .leased,
      connections[connection].flags.contains(.isInBody)
    else { return nil }
    let left = connections[connection].decoder.remainingContent
    let extent = left ?? exchanges[connections[connection].exchange].receivedBytes
    guard extent >= Self.sharedBodyBytes else { return nil }
    // Chunks of it may be read still.
    if connections[connection].bulk == nil
      || !isKnownUniquelyReferenced(&connections[connection].bulk!)
    {
      connections[connection].bulk = BodyBuffer(Self.ownedBodyBytes)
    }
    return connections[connection].bulk?.writable(Int(min(left ?? .max, UInt64(Self.ownedBodyBytes))))
  }

  /// A receive into that memory has brought so many bytes.
  package mutating func didReceiveInto(_ count: Int, _ connection: Index<ClientConnection>) {
    guard let buffer = connections[connection].bulk else { return }
    buffer.received(count)
    arriving = buffer
    didReceive(buffer.bytes(0..<count), connection)
    arriving = nil
  }
}
