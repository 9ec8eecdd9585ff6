// TestServerError: the errors of a test server beside those of a test's routes.

/// The errors that a test can get beside those of its routes.
public enum TestServerError: Error, CustomStringConvertible {
  /// No answer came, or not to its end: the connection ended instead, after these bytes.
  case noAnswer(after: String)
  /// The socket could not be opened or connected, for this errno.
  case noConnection(errno: Int32)
  /// The connection was reset: the errno, and what had come before.
  case connectionFailed(errno: Int32, after: String)
  /// The bytes that came are no HTTP.
  case malformed(String)
  /// Nothing has happened for a minute of real time: a handler waits for something outside of the
  /// server that does not happen.
  case stalled
  /// The answer had not ended when a bound of `TestClient.limits` was reached: so many bytes of content had
  /// come, so much of the server's time had passed, and this is how the content begins.
  case endless(bytes: Int, time: Duration, beginning: String)
  /// The server ended with something left: what.
  case leftovers([String])
  /// Time passes by itself over a real socket.
  case noVirtualTime
  /// A handler used the client of its own server's test, which waits for that handler.
  case insideHandler
  /// This field of a request is text that no field line can carry. To send what is none, send bytes.
  case invalidField(String)
  /// The name of an upstream is no http URL of a host, such as `http://api` or
  /// `http://10.0.0.1:9000`, and no `unix:/path`.
  case badUpstream(String)

  /// One sentence.
  public var description: String {
    switch self {
    case .noAnswer(let bytes):
      bytes.isEmpty
        ? "the connection ended without an answer"
        : "the connection ended in the midst of an answer, after \"\(bytes)\""
    case .noConnection(let errno): "no connection to the server: errno \(errno)"
    case .connectionFailed(let errno, let bytes):
      "the connection failed with errno \(errno), after \"\(bytes)\""
    case .malformed(let reason): "the answer is no HTTP: \(reason)"
    case .stalled: "no answer: a handler waits for something that does not happen"
    case .endless(let bytes, let time, let beginning):
      "the answer has not ended after \(bytes) bytes and \(time), the bounds of the client's `limits`; one that goes on for ever is "
        + "read in part with `client.start`; it begins \"\(beginning)\""
    case .leftovers(let findings): "the server ended with something left: \(findings.joined(separator: "; "))"
    case .noVirtualTime: "only a server in memory lets time pass at a word"
    case .insideHandler:
      "a handler asks by a `Client`, and finds other servers in the TestServer's `upstreams`"
    case .invalidField(let name):
      "what is given for \(name.isEmpty ? "a field without a proper name" : name) cannot stand in a header field; `send(bytes:)` sends anything"
    case .badUpstream(let name): "\(name) names no upstream; http://api, http://api:9000 and unix:/path do"
    }
  }
}
