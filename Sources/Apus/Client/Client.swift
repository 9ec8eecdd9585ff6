// Client: HTTP/1.1 requests over connections that are kept. One pool per core, on that core's
// ring, wheel and buffers.

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
/// The response is lent to the closure. When the closure ends its connection goes back to the pool, its rest
/// read and dropped if that is short and here, else closed.
///
/// Inside a handler a request stays on the handler's core: its connection is one of that core's, and nothing
/// is locked. From anywhere else, an unstructured `Task` in a handler included, it is made on a thread of the
/// client's own, and the closure runs there. The closure must not block.
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

  /// Runs `body` on a core: the present one in a handler, else one of the client's own. Requests made in it,
  /// and in its child tasks, stay there, and are spared two hops between threads each. It must not block.
  /// - Throws: `ClientError.ringUnavailable`, what `body` throws.
  @concurrent
  public func onCore<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
    if Core.current != nil { return try await body() }
    let core = try rings.next()
    return try await withTaskExecutorPreference(core.executor) {
      await Self.reach(core)
      return try await body()
    }
  }

  /// Where a closure with a preference begins is the compiler's to choose; behind a yield it is on the core.
  private nonisolated(nonsending) static func reach(_ core: Core) async {
    if Core.current !== core { await Task.yield() }
    precondition(Core.current === core, "a task is not on the core that it prefers")
  }

  /// Closes the connections that lie idle on one core: the present one, else that of the
  /// client's own whose turn it is.
  public func closeIdleConnections() async {
    _ = try? await onCore {
      guard let client = Core.current?.client else { return }
      let number = client.number(of: self, self.identity, self.policy)
      client.table.closeIdle(number)
      client.noteWork()
      // The operations that are armed on them must complete first, even if the caller was cancelled, as after
      // Ctrl-C.
      for _ in 0..<100 where client.table.isClosing(number) {
        await Core.current?.executor.sleep(for: .milliseconds(1))
      }
    }
  }

  /// Makes a request and lends its response to `use`, as far as it came: what is wrong with the rest of its
  /// content is thrown by who reads it, behind what came before.
  /// - Throws: `ClientError`, `CancellationError`, what `use` throws.
  public func perform<Value: Sendable>(
    _ method: Method, _ url: String, fields: [ResponseField] = [], body: ClientBody = .none,
    _ use: @Sendable (borrowing ClientResponse, inout ResponseBody) async throws -> Value
  ) async throws -> Value {
    if let core = Core.current, fields.isEmpty, case .none = body.storage, method != .other,
      method != .connect
    {
      let (number, plans) = plans(core.client)
      return try await perform(try plans.plan(method, url, configuration), number, on: core.client, use)
    }
    return try await perform(ClientRequest(method, url, fields: fields, body: body), use)
  }

  /// The same for a request with more to it.
  public func perform<Value: Sendable>(
    _ request: ClientRequest,
    _ use: @Sendable (borrowing ClientResponse, inout ResponseBody) async throws -> Value
  ) async throws -> Value {
    guard let core = Core.current else { return try await performElsewhere(request, use) }
    let (number, plans) = plans(core.client)
    return try await perform(try plans.plan(request, configuration), number, on: core.client, use)
  }

  /// The caller is on no core: one of the client's own.
  @concurrent
  private func performElsewhere<Value: Sendable>(
    _ request: ClientRequest,
    _ use: @Sendable (borrowing ClientResponse, inout ResponseBody) async throws -> Value
  ) async throws -> Value {
    // From an actor in a handler it is the handler's core.
    if let core = Core.current {
      let (number, plans) = plans(core.client)
      return try await perform(try plans.plan(request, configuration), number, on: core.client, use)
    }
    let core = try rings.next()
    return try await withTaskExecutorPreference(core.executor) {
      await Self.reach(core)
      let (number, plans) = self.plans(core.client)
      return try await self.perform(
        try plans.plan(request, self.configuration), number, on: core.client, use)
    }
  }
}
