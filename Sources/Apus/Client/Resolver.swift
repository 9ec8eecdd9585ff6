// Resolver: addresses of hosts, looked up apart from all cores and kept for ten seconds. One look-up serves
// all who ask meanwhile. When one fails, what was known before is used on (stale if error).

package import ApusRing

package final class Resolver: Sendable {
  static let shared = Resolver()

  package typealias Outcome = Result<[SocketAddress], ResolveError>

  private struct Name: Hashable {
    let host: String
    let port: UInt16
  }

  private struct Entry {
    var addresses: [SocketAddress] = []
    var validUntil: ContinuousClock.Instant?
    /// The callers that wait for the look-up that is under way; nil while there is none.
    var waiting: [@Sendable (Outcome) -> Void]?
  }

  private static let lifetime = Duration.seconds(10)
  /// Names that are kept; beyond, those whose time is over are forgotten.
  private static let nameLimit = 1024

  private let entries = Lock<[Name: Entry]>([:])
  /// Hosts that are never looked up.
  private let known: [String: [SocketAddress]]
  private let lookUp: @Sendable (String, UInt16) -> Outcome

  /// - Parameter lookUp: Blocks; called on a thread that may.
  package init(
    known: [String: [SocketAddress]] = [:],
    lookUp: @escaping @Sendable (String, UInt16) -> Outcome = { host, port in
      do throws(ResolveError) {
        return .success(try SocketAddress.resolve(host: host, port: port))
      } catch {
        return .failure(error)
      }
    }
  ) {
    self.known = known
    self.lookUp = lookUp
  }

  /// The addresses if they are known; otherwise they are looked up, and `done` is called on another thread.
  func addresses(
    host: String, port: UInt16, _ done: @escaping @Sendable (Outcome) -> Void
  ) -> [SocketAddress]? {
    if let addresses = known[host] { return addresses }
    if let address = SocketAddress.numeric(host: host, port: port) { return [address] }
    let name = Name(host: host, port: port)
    let now = ContinuousClock.now
    enum Step { case known([SocketAddress]), waits, looksUp }
    let step: Step = entries.withLock { entries in
      var entry = entries[name] ?? Entry()
      if let validUntil = entry.validUntil, now < validUntil { return .known(entry.addresses) }
      let isUnderWay = entry.waiting != nil
      entry.waiting = (entry.waiting ?? []) + [done]
      if entries.count >= Self.nameLimit {
        entries = entries.filter { $0.value.waiting != nil || $0.value.validUntil ?? now > now }
      }
      entries[name] = entry
      return isUnderWay ? .waits : .looksUp
    }
    switch step {
    case .known(let addresses): return addresses
    case .waits: return nil
    case .looksUp:
      OffloadPool.lookUps.add { self.finish(name, self.lookUp(host, port)) }
      return nil
    }
  }

  private func finish(_ name: Name, _ outcome: Outcome) {
    let (waiting, result) = entries.withLock { entries -> ([@Sendable (Outcome) -> Void], Outcome) in
      var entry = entries[name] ?? Entry()
      let waiting = entry.waiting ?? []
      entry.waiting = nil
      var result = outcome
      switch outcome {
      case .success(let addresses):
        entry.addresses = Self.interleaved(addresses)
        entry.validUntil = .now + Self.lifetime
        result = .success(entry.addresses)
        entries[name] = entry
      case .failure where !entry.addresses.isEmpty:
        // The network that looks names up may be down where the host itself is not.
        entry.validUntil = .now + Self.lifetime
        result = .success(entry.addresses)
        entries[name] = entry
      case .failure: entries[name] = nil
      }
      return (waiting, result)
    }
    for done in waiting { done(result) }
  }

  /// Families by turns, beginning with the one that the system prefers (RFC 8305 section 4).
  static func interleaved(_ addresses: [SocketAddress]) -> [SocketAddress] {
    guard let first = addresses.first else { return [] }
    let preferred = addresses.filter { $0.family == first.family }
    let others = addresses.filter { $0.family != first.family }
    var result: [SocketAddress] = []
    for index in 0..<max(preferred.count, others.count) {
      if index < preferred.count { result.append(preferred[index]) }
      if index < others.count { result.append(others[index]) }
    }
    return result
  }
}
