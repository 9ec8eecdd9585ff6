// AddressBook: the host addresses of a test's core, whose hosts are not on the network. A handler's client
// and a proxy consult it before any other look-up when they open a connection.

package import ApusRing

package final class AddressBook: Sendable {
  private struct Name: Hashable {
    let host: String
    let port: UInt16
  }

  private let addresses = Lock<[Name: SocketAddress]>([:])
  /// Whether no hosts exist but these.
  private let isComplete: Bool

  package init(isComplete: Bool) { self.isComplete = isComplete }

  /// Takes a host in lower case and its port; for a unix socket, its path and 0.
  package func add(_ host: String, _ port: UInt16, _ address: SocketAddress) {
    addresses.withLock { $0[Name(host: host, port: port)] = address }
  }

  /// Returns nil if the host is to be looked up elsewhere.
  package func lookUp(_ key: PoolKey) -> Result<[SocketAddress], ResolveError>? {
    if let address = addresses.withLock({ $0[Name(host: key.host, port: key.port)] }) {
      return .success([address])
    }
    guard isComplete else { return nil }
    // A connect to a numeric address without a listener is refused, as on any network.
    if let address = SocketAddress.numeric(host: key.host, port: key.port) { return .success([address]) }
    return .failure(ResolveError(explanation: "\(key.host):\(key.port) is none of the test's upstreams"))
  }
}
