// TestServer: a user's routes under test, in memory and virtual time, or over a real socket. Each has its own
// server, which must end clean.

public import Apus
internal import FoundationEssentials

/// A server for the length of a closure.
///
/// ```swift
/// try await TestServer(router) { client in
///   let answer = try await client.get("/users/1")
///   #expect(answer.status == .ok)
/// }
/// ```
///
/// In memory there is no socket and no waiting: the server is the real one over a simulated ring, and its
/// time jumps to whatever happens next, so that a handler that sleeps for an hour answers at once. At the end
/// the server is drained; what it leaves behind (a connection, a task, a buffer) is thrown.
public struct TestServer: Sendable {
  /// Where the server runs.
  public enum Mode: Sendable {
    /// In the tasks that wait for its answers, in virtual time.
    case inMemory
    /// On a thread of its own and a free port of the loopback address.
    case live
    /// The same on a Unix socket, in the directory that TMPDIR names, or /tmp.
    case liveUnixSocket
  }

  /// Runs `body` with a client of a fresh server, then ends the server. A task that is cancelled ends it at
  /// once: what it waits for throws `CancellationError`, and what it asked for is reset.
  ///
  /// - Parameters:
  ///   - upstreams: The servers that a handler's `Client` or a proxy finds by name, such as
  ///     `["http://api": apiRouter]`. Each is a server of its own, in the same virtual time, with the
  ///     defaults of `Server.Configuration`. In memory there are no other hosts, and nothing is looked up; a
  ///     live server finds the others on the network as well. A client with the `unixSocket` of this path
  ///     reaches `unix:/path`.
  ///   - configuration: its limits and time-outs, and what it has answers say, count in every mode;
  ///     where it listens, never. An access log is written by a live server alone: in memory
  ///     nothing is written to any file.
  /// - Throws: what `body` throws, `ServerError` for routes that cannot be served, and `TestServerError`.
  @discardableResult
  public init(
    _ router: Router, _ mode: Mode = .inMemory, upstreams: [String: Router] = [:],
    configuration: Server.Configuration = Server.Configuration(),
    _ body: (TestClient) async throws -> Void
  ) async throws {
    let transport = try Self.transport(router, mode, TestUpstream.all(upstreams), configuration)
    do {
      try await body(TestClient(transport))
    } catch {
      _ = await transport.end(inHaste: true)
      throw error
    }
    let findings = await transport.end(inHaste: false)
    if !findings.isEmpty { throw TestServerError.leftovers(findings) }
  }

  private static func transport(
    _ router: Router, _ mode: Mode, _ upstreams: [TestUpstream], _ configuration: Server.Configuration
  ) throws -> any TestTransport {
    switch mode {
    case .inMemory: return try SimulatedTransport(router, upstreams, configuration)
    case .live: return try SocketTransport(router, upstreams, configuration, .tcp("127.0.0.1", 0))
    case .liveUnixSocket:
      let name = String(UInt64.random(in: 0...UInt64.max), radix: 36)
      // The path of a socket has 107 bytes at most (unix(7)).
      let folder = FileManager.default.temporaryDirectory.path
      let path = "\(folder.utf8.count < 80 ? folder : "/tmp")/apus-test-\(name).sock"
      return try SocketTransport(router, upstreams, configuration, .unix(path, mode: 0o600))
    }
  }
}
