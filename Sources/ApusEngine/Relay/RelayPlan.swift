// RelayPlan: a reverse proxy's configuration, prepared: the bytes that all requests to a server share, and
// limits in ticks. Each route has one, shared by all cores, which write only the servers' failures.

package import ApusRing
import ApusWire
import Synchronization

/// A proxy's rules. Immutable.
package final class RelayPlan: Sendable {
  /// The fields that describe the client to the servers.
  package struct Telling: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    /// `X-Forwarded-For`, `-Proto`, `-Host`.
    package static let xForwarded = Telling(rawValue: 1)
    /// `Forwarded` (RFC 7239).
    package static let forwarded = Telling(rawValue: 2)
    /// `Via` (RFC 9110 section 7.6.3).
    package static let via = Telling(rawValue: 4)
  }

  /// Something that happened to a request on its way, for the client's tracer.
  package enum Event: Sendable {
    case queued
    /// The time to connect, in ticks.
    case connected(UInt64)
    case reused(age: UInt64, idle: UInt64)
    case retried(RetryReason)
  }

  /// Looks up a server's addresses; nil if they come later, by the closure.
  package typealias Lookup =
    @Sendable (PoolKey, @escaping @Sendable (Result<[SocketAddress], ResolveError>) -> Void) ->
    [SocketAddress]?

  package let servers: [RelayServer]
  package let telling: Telling
  package let keepsForwarded: Bool
  /// The server sees the Host that the client asked for.
  package let preservesHost: Bool
  /// The prefix that is removed from the path; empty for none.
  let strippedPrefix: [UInt8]
  package let failureLimit: Int
  package let pauseTicks: UInt64
  package let replayableBytes: Int
  package let retries: Bool
  /// A tunnel that carries nothing for this long is ended.
  package let tunnelIdleTicks: UInt64
  /// A core that drains ends event streams between two events.
  let endsEventStreamsAtDrain: Bool
  /// The client that owns the connection pool, and its rules.
  package let owner: any AnyObject & Sendable
  package let identity: UInt64
  package let policy: ClientPolicy
  package let lookUp: Lookup
  package let onEvent: (@Sendable (RelayServer, Event) -> Void)?

  let requestFields: RelayedFields
  /// The fields forwarded with OPTIONS.
  let optionsFields: RelayedFields

  package init(
    servers: [RelayServer], telling: Telling, keepsForwarded: Bool, passesUnderscores: Bool,
    preservesHost: Bool,
    strippedPrefix: String,
    failureLimit: Int, pauseTicks: UInt64, replayableBytes: Int, retries: Bool, tunnelIdleTicks: UInt64,
    endsEventStreamsAtDrain: Bool,
    owner: any AnyObject & Sendable, identity: UInt64, policy: ClientPolicy, lookUp: @escaping Lookup,
    onEvent: (@Sendable (RelayServer, Event) -> Void)?
  ) {
    precondition((1...64).contains(servers.count), "a proxy in front of \(servers.count) servers")
    self.servers = servers
    self.telling = telling
    self.keepsForwarded = keepsForwarded
    self.preservesHost = preservesHost
    self.strippedPrefix = Array(strippedPrefix.utf8)
    self.failureLimit = failureLimit
    self.pauseTicks = pauseTicks
    self.replayableBytes = replayableBytes
    self.retries = retries
    self.tunnelIdleTicks = tunnelIdleTicks
    self.endsEventStreamsAtDrain = endsEventStreamsAtDrain
    self.owner = owner
    self.identity = identity
    self.policy = policy
    self.lookUp = lookUp
    self.onEvent = onEvent
    let underscores = passesUnderscores ? RelayedFields.Underscores.passedUnlessTwin : .dropped
    requestFields = .request(keepsForwarded: keepsForwarded, underscores: underscores)
    optionsFields = .request(
      keepsForwarded: keepsForwarded, countsForwards: true, underscores: underscores)
  }
}

/// A server that requests are forwarded to, and its health, which all cores share.
package final class RelayServer: Sendable {
  /// The URL as configured, for people to read.
  package let url: String
  let key: PoolKey
  /// Prepended to every path; has no slash at its end.
  let basePath: [UInt8]
  /// The bytes after the request target: the version, and `Host`.
  let hostLine: [UInt8]
  private let failures = Atomic<Int>(0)
  /// Until this tick other servers are preferred.
  private let pausedUntil = Atomic<UInt64>(0)

  package init(url: String, key: PoolKey, basePath: String, authority: String) {
    self.url = url
    self.key = key
    self.basePath = Array(basePath.utf8)
    hostLine = Array(" HTTP/1.1\r\nHost: \(authority)\r\n".utf8)
  }

  func isPaused(at tick: Tick) -> Bool { pausedUntil.load(ordering: .relaxed) > tick.rawValue }

  func didAnswer() {
    if failures.load(ordering: .relaxed) > 0 { failures.store(0, ordering: .relaxed) }
  }

  func didFail(_ plan: RelayPlan, at tick: Tick) {
    guard failures.add(1, ordering: .relaxed).newValue >= plan.failureLimit else { return }
    // The first request after the pause decides: one more failure pauses the server again.
    failures.store(max(0, plan.failureLimit - 1), ordering: .relaxed)
    pausedUntil.store(tick.rawValue + plan.pauseTicks, ordering: .relaxed)
  }
}
