// TestServer: a user's routes under test, in memory and virtual time, or over a real socket. Each has its own server, which
// must end clean.

public import Apus
import ApusEngine
import ApusRing
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
/// In memory there is no socket and no waiting: the server is the real one over a simulated ring, and its time jumps to
/// whatever happens next, so that a handler that sleeps for an hour answers at once. At the end the server is drained; what
/// it leaves behind (a connection, a task, a buffer) is thrown.
public struct TestServer {
  /// Where the server runs.
  public enum Mode: Sendable {
    /// In this task, in virtual time.
    case inMemory
    /// On a thread of its own and a free port of the loopback address.
    case live
    /// The same on a Unix socket, in the directory that TMPDIR names, or /tmp.
    case liveUnixSocket
  }

  /// Runs `body` with a client of a fresh server, then ends the server.
  ///
  /// - Parameters:
  ///   - configuration: its limits and time-outs count in every mode; where it listens, never.
  /// - Throws: what `body` throws, `ServerError` for routes that cannot be served, and `TestServerError`.
  @discardableResult
  public init(
    _ router: Router, _ mode: Mode = .inMemory, configuration: Server.Configuration = Server.Configuration(),
    _ body: (TestClient) async throws -> Void
  ) async throws {
    let transport = try Self.transport(router, mode, configuration)
    do {
      try await body(TestClient(transport))
    } catch {
      _ = transport.end()
      throw error
    }
    let findings = transport.end()
    if !findings.isEmpty { throw TestServerError.leftovers(findings) }
  }

  private static func transport(
    _ router: Router, _ mode: Mode, _ configuration: Server.Configuration
  ) throws -> any TestTransport {
    switch mode {
    case .inMemory: return try SimulatedTransport(router, configuration)
    case .live: return try SocketTransport(router, configuration, .tcp("127.0.0.1", 0))
    case .liveUnixSocket:
      let name = String(UInt64.random(in: 0...UInt64.max), radix: 36)
      // The path of a socket has 107 bytes at most (unix(7)).
      let folder = FileManager.default.temporaryDirectory.path
      let path = "\(folder.utf8.count < 80 ? folder : "/tmp")/apus-test-\(name).sock"
      return try SocketTransport(router, configuration, .unix(path, mode: 0o600))
    }
  }
}

/// What goes wrong in a test beside the routes' own errors.
public enum TestServerError: Error, CustomStringConvertible {
  /// No answer came: the connection ended instead, after these bytes.
  case noAnswer(after: String)
  /// The socket could not be opened or connected, for this errno.
  case noConnection(errno: Int32)
  /// The connection was reset, or nothing came for 20 seconds (`EAGAIN`): the errno, and what had come before.
  case connectionFailed(errno: Int32, after: String)
  /// What came is no HTTP.
  case malformed(String)
  /// A handler waits for something outside of the server that does not happen.
  case stalled
  /// The server ended with something left: what.
  case leftovers([String])
  /// Time passes by itself over a real socket.
  case noVirtualTime

  /// One sentence.
  public var description: String {
    switch self {
    case .noAnswer(let bytes): "the connection ended without an answer, after \"\(bytes)\""
    case .noConnection(let errno): "no connection to the server: errno \(errno)"
    case .connectionFailed(let errno, let bytes):
      "the connection failed with errno \(errno), after \"\(bytes)\""
    case .malformed(let reason): "the answer is no HTTP: \(reason)"
    case .stalled: "no answer: a handler waits for something that does not happen"
    case .leftovers(let findings): "the server ended with something left: \(findings.joined(separator: "; "))"
    case .noVirtualTime: "only a server in memory lets time pass at a word"
    }
  }
}

/// How a client and its server are connected.
protocol TestTransport: AnyObject {
  /// Sends a request, in the pieces given, and waits for its answer.
  func exchange(_ pieces: [[UInt8]], method: String) async throws -> Answer
  /// Lets virtual time pass.
  func pass(_ duration: Duration) throws
  /// Ends the server; what it left behind.
  func end() -> [String]
}
