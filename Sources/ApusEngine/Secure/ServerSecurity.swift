// ServerSecurity: how a server speaks TLS, as all its cores share it. The product `ApusTLS` makes it; the
// engine and the library know no more of it than this.

import ApusRing

/// How a server speaks TLS: certificates, versions, whether clients show certificates. Made by `ApusTLS`; see
/// there.
///
/// Several servers may have one. It can be read anew while they run: connections from then on use what was
/// read, open ones keep what they have.
public final class ServerSecurity: Sendable {
  /// What the maker of a `ServerSecurity` does for those who use it.
  package struct Source: Sendable {
    let makeAcceptor: @Sendable () -> any SecureAcceptor
    let expiry: Int64
    let fingerprint: String
    let reload: @Sendable () -> Void
    let end: @Sendable () -> Void

    /// - Parameters:
    ///   - expiry: When the first certificate to expire does so; seconds since 1970.
    ///   - fingerprint: SHA-256 of the first certificate.
    ///   - reload: Has files read anew; on any thread but a core's.
    ///   - end: Nobody has the security any more.
    ///   - makeAcceptor: Makes a core's contexts; on the core.
    package init(
      expiry: Int64, fingerprint: String, reload: @escaping @Sendable () -> Void = {},
      end: @escaping @Sendable () -> Void = {},
      makeAcceptor: @escaping @Sendable () -> any SecureAcceptor
    ) {
      self.makeAcceptor = makeAcceptor
      self.expiry = expiry
      self.fingerprint = fingerprint
      self.reload = reload
      self.end = end
    }
  }

  private struct State: Sendable {
    var makeAcceptor: @Sendable () -> any SecureAcceptor
    var expiry: Int64
    var fingerprint: String
    /// By number.
    var users: [Int: @Sendable () -> Void] = [:]
    var nextNumber = 0
  }

  private let state: Lock<State>
  private let source: Source

  package init(_ source: Source) {
    self.source = source
    state = Lock(
      State(makeAcceptor: source.makeAcceptor, expiry: source.expiry, fingerprint: source.fingerprint))
  }

  deinit { source.end() }

  package func makeAcceptor() -> any SecureAcceptor { state.withLock { $0.makeAcceptor }() }

  /// When the first of the certificates in use expires; seconds since 1970.
  package var expiry: Int64 { state.withLock { $0.expiry } }

  /// SHA-256 of the first of the certificates in use.
  package var fingerprint: String { state.withLock { $0.fingerprint } }

  /// Reads certificates and what belongs to them anew, as at SIGHUP. Waits for the disk: not on a core. Bad
  /// ones are refused with a line of the log, and those before them stay in use.
  public func reload() { source.reload() }

  /// Other contexts, for the connections from now on.
  package func replace(
    expiry: Int64, fingerprint: String, _ makeAcceptor: @escaping @Sendable () -> any SecureAcceptor
  ) {
    let users = state.withLock { state in
      state.makeAcceptor = makeAcceptor
      state.expiry = expiry
      state.fingerprint = fingerprint
      return Array(state.users.values)
    }
    for user in users { user() }
  }

  /// Has `action` called after each replacement, until `unsubscribe`.
  package func subscribe(_ action: @escaping @Sendable () -> Void) -> Int {
    state.withLock { state in
      state.nextNumber += 1
      state.users[state.nextNumber] = action
      return state.nextNumber
    }
  }

  package func unsubscribe(_ number: Int) { state.withLock { $0.users[number] = nil } }
}
