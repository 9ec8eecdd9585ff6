// ClientSecurity: how a client speaks TLS, as all its cores share it. The product `ApusTLS` makes it.

import Synchronization

/// How a client speaks TLS: whom it believes, and who it is. Made by `ApusTLS`; see there.
public final class ClientSecurity: Sendable {
  /// Above 0, and no other's: connections that were opened with one are not used with another.
  package let number: UInt32
  /// Servers' certificates are verified.
  package let verifies: Bool
  /// Makes a core's context; on the core.
  package let makeConnector: @Sendable () -> any SecureConnector

  private static let numbers = Atomic<UInt32>(0)

  package init(verifies: Bool, makeConnector: @escaping @Sendable () -> any SecureConnector) {
    number = Self.numbers.add(1, ordering: .relaxed).newValue
    self.verifies = verifies
    self.makeConnector = makeConnector
  }
}
