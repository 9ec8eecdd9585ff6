// AddressBook: where names lead on a core whose hosts are not the network's: a test's. It is asked before any
// other look-up, by a handler's client and by a proxy, with a connection that is to be opened.

package import ApusRing

package final class AddressBook: Sendable {
  private struct Name: Hashable {
    let host: String
    let port: UInt16
  }

  private let addresses = Lock<[Name: SocketAddress]>([:])
  /// Whether there are no hosts but these.
  private let isComplete: Bool

  package init(isComplete: Bool) { self.isComplete = isComplete }

  /// A host in lower case and its port; the path of a unix socket and 0.
  package func add(_ host: String, _ port: UInt16, _ address: SocketAddress) {
    addresses.withLock { $0[Name(host: host, port: port)] = address }
  }

  /// Nil: it is to be looked up elsewhere.
  package func lookUp(_ key: PoolKey) -> Result<[SocketAddress], ResolveError>? {
    if let address = addresses.withLock({ $0[Name(host: key.host, port: key.port)] }) {
      return .success([address])
    }
    guard isComplete else { return nil }
    // Where nobody is a connect is refused, as on any network.
    if let address = SocketAddress.numeric(host: key.host, port: key.port) { return .success([address]) }
    return .failure(ResolveError(explanation: "\(key.host):\(key.port) is none of the test's upstreams"))
  }
}
