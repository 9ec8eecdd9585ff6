// Client: HTTP/1.1 requests over connections that are kept. One pool per core, on that core's ring, wheel and buffers.

import ApusEngine
package import ApusRing
public import ApusWire
import Synchronization

/// Makes requests and keeps connections between them.
///
/// ```swift
/// let client = Client()
/// let user = try await client.perform(.get, "http://api.example/users/1") { head, body in
///   guard head.status == .ok else { throw NotFound() }
///   return try await body.decode(User.self, upTo: 1 << 20)
/// }
/// ```
///
/// The response is lent to the closure. When the closure ends its connection goes back to the pool, its rest read and
/// dropped if that is short and here, else closed.
///
/// Inside a handler a request stays on the handler's core: its connection is one of that core's, and nothing is locked. From
/// anywhere else, an unstructured `Task` in a handler included, it is made on a thread of the client's own, and the closure
/// runs there. The closure must not block.
public final class Client: Sendable {
  let configuration: Configuration
  let policy: ClientPolicy
  let rings: ClientRings
  let resolver: Resolver
  /// Above 0, and no other client's.
  let identity: UInt64
  private static let identities = Atomic<UInt64>(0)

  /// A client. It starts nothing before its first request.
  public convenience init(_ configuration: Configuration = Configuration()) {
    self.init(configuration, resolver: .shared)
  }

  /// A client that knows these hosts' addresses and looks none up.
  package convenience init(_ configuration: Configuration, addresses: [String: [SocketAddress]]) {
    self.init(configuration, resolver: Resolver(known: addresses))
  }

  /// A client with a resolver of its own.
  package init(_ configuration: Configuration, resolver: Resolver) {
    self.configuration = configuration
    policy = configuration.policy
    rings = ClientRings(count: configuration.rings)
    self.resolver = resolver
    identity = Self.identities.add(1, ordering: .relaxed).newValue
  }

  /// Makes a request and lends its response to `use`.
  /// - Throws: `ClientError`, `CancellationError`, what `use` throws.
  @concurrent
  public func perform<Value: Sendable>(
    _ method: Method, _ url: String, fields: [ResponseField] = [], body: ClientBody = .none,
    _ use: @Sendable (borrowing ClientResponse, inout ResponseBody) async throws -> Value
  ) async throws -> Value {
    try await perform(ClientRequest(method, url, fields: fields, body: body), use)
  }

  /// The same for a request with more to it.
  @concurrent
  public func perform<Value: Sendable>(
    _ request: ClientRequest,
    _ use: @Sendable (borrowing ClientResponse, inout ResponseBody) async throws -> Value
  ) async throws -> Value {
    if let executor = CoreExecutor.current {
      return try await perform(request, on: executor.client, use)
    }
    let executor = try rings.next()
    return try await withTaskExecutorPreference(executor) {
      try await self.perform(request, on: executor.client, use)
    }
  }
}
