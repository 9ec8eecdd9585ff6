// Makes the plan of the engine's relays (ApusEngine/Relay) from a user's configuration. The connections are
// those of a client that only this proxy uses.

import ApusEngine
import ApusRing
import ApusWire

/// Why there is no proxying by a configuration; follows the route's prefix in a sentence.
struct ProxyFault: Error {
  let sentence: String
}

extension ProxyConfiguration {
  /// Servers of one proxy, at most.
  private static let upstreamLimit = 64

  /// - Parameter prefix: The route's, as a request has it.
  func plan(under prefix: String) throws(ProxyFault) -> RelayPlan {
    guard (1...Self.upstreamLimit).contains(upstreams.count) else {
      throw ProxyFault(sentence: "is proxied to \(upstreams.count) servers, of 1 to \(Self.upstreamLimit)")
    }
    let client = Client(client, resolver: resolver)
    let resolver = resolver
    let unixSocket = client.configuration.unixSocket
    var telling: RelayPlan.Telling = []
    if forwarded.contains(.xForwarded) { telling.insert(.xForwarded) }
    if forwarded.contains(.standard) { telling.insert(.forwarded) }
    if forwarded.contains(.via) { telling.insert(.via) }
    let lookUp: RelayPlan.Lookup = { key, done in
      guard unixSocket != nil else { return resolver.addresses(host: key.host, port: key.port, done) }
      if let address = SocketAddress(unixPath: key.host) { return [address] }
      done(.failure(ResolveError(explanation: "\(key.host) is no path of a unix socket")))
      return nil
    }
    var onEvent: (@Sendable (RelayServer, RelayPlan.Event) -> Void)?
    if let told = client.configuration.onEvent {
      onEvent = { server, event in told(ClientEvent(kind: ClientEvent.Kind(event), url: server.url)) }
    }
    var servers: [RelayServer] = []
    for upstream in upstreams { servers.append(try Self.server(upstream, client.configuration)) }
    return RelayPlan(
      servers: servers, telling: telling,
      keepsForwarded: trustsForwarded, passesUnderscores: passesUnderscores,
      preservesHost: host == .preserved, strippedPrefix: stripsPrefix ? prefix : "",
      failureLimit: failureLimit,
      pauseTicks: Tick.count(in: failurePause), replayableBytes: replayableBodyBytes,
      retries: client.configuration.retriesStaleConnections, tunnelIdleTicks: Tick.count(in: tunnelIdle),
      endsEventStreamsAtDrain: endsEventStreamsAtDrain,
      owner: client, identity: client.identity, policy: client.policy, lookUp: lookUp, onEvent: onEvent)
  }

  private static func server(
    _ text: String, _ configuration: Client.Configuration
  ) throws(ProxyFault) -> RelayServer {
    guard let url = try? HTTPURL(text), !url.target.contains("?") else {
      throw ProxyFault(
        sentence: "is proxied to \(HTTPURL.withoutSecrets(text)), which is no http URL of a server")
    }
    let key: PoolKey
    do throws(ClientError) {
      key = try PoolKey(url, nil, configuration)
    } catch {
      throw ProxyFault(
        sentence:
          "is proxied to \(HTTPURL.withoutSecrets(text)), and https is not spoken: set client.security, with ApusTLS to .system()"
      )
    }
    let path = url.target.hasSuffix("/") ? String(url.target.dropLast()) : url.target
    return RelayServer(url: text, key: key, basePath: path, authority: url.authority)
  }
}

extension ClientEvent.Kind {
  fileprivate init(_ event: RelayPlan.Event) {
    self =
      switch event {
      case .queued: .queued
      case .connected(let ticks): .connected(.milliseconds(Int64(clamping: ticks)))
      case .reused(let age, let idle):
        .reused(age: .milliseconds(Int64(clamping: age)), idle: .milliseconds(Int64(clamping: idle)))
      case .retried(.nothingSent): .retried(.nothingSent)
      case .retried(.idempotent): .retried(.idempotent)
      }
  }
}
