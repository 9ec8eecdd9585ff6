// BufferWitness: which of the objects that a test saw pass are still there.

import Synchronization

/// Remembers objects, and does not keep them.
package final class BufferWitness: Sendable {
  private struct Seen: Sendable {
    weak let object: (any AnyObject & Sendable)?
  }

  private let seen = Mutex<[Seen]>([])

  package init() {}

  package func note(_ object: any AnyObject & Sendable) { seen.withLock { $0.append(Seen(object: object)) } }

  /// How many of them somebody keeps.
  package var alive: Int { seen.withLock { all in all.count { $0.object != nil } } }
}
