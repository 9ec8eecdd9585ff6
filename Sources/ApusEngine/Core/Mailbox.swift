// Mailbox: how another thread gives a core orders. ARCHITECTURE lists what else two threads share.

package import ApusRing
import Synchronization

/// Orders for one core, and the wake-up that makes it read them.
package final class Mailbox: Sendable {
  /// The orders that a core can get.
  package struct Orders: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Accept no new connections, finish those that are open, then end.
    package static let drain = Orders(rawValue: 1)
    /// Reset the open connections and end.
    package static let stop = Orders(rawValue: 2)
    /// Publish a report of the counters, and reply to those who have asked for one.
    package static let report = Orders(rawValue: 4)
    /// Make contexts for TLS anew, for connections from now on.
    package static let renew = Orders(rawValue: 8)
  }

  package let wakeUp = WakeUp()
  private let orders = Atomic<UInt32>(0)

  package init() {}

  /// May be called on any thread; one system call.
  package func post(_ order: Orders) {
    orders.bitwiseOr(order.rawValue, ordering: .sequentiallyConsistent)
    wakeUp.ring()
  }

  /// Takes all posted orders. To be called on the core's thread.
  package func take() -> Orders {
    Orders(rawValue: orders.exchange(0, ordering: .sequentiallyConsistent))
  }
}
