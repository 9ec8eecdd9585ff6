// TestTransport: how a TestServer's client and its server are connected: in memory, or by a socket.

import ApusRing

protocol TestTransport: AnyObject, Sendable {
  /// Sends a request, in the pieces given, on a connection that is not in use, or on a new one.
  func begin(_ pieces: [[UInt8]], method: String) throws -> TestExchange.Place
  /// Lets the server do what it does before any time passes.
  func settle()
  /// Lets virtual time pass.
  func pass(_ duration: Duration) throws
  /// Ends the server, and returns what it left behind. With `inHaste` this is not looked for.
  func end(inHaste: Bool) async -> [String]
}

/// One connection of a test's client. Answers are numbered from 0.
protocol TestConnection: AnyObject, Sendable {
  /// The server's time.
  var now: Instant { get }
  /// The answer without its content, once its head has come.
  func head(_ number: Int) -> Answer?
  /// The bytes of its content from `offset` on that have come, and whether these are all.
  func content(_ number: Int, from offset: Int) -> (bytes: [UInt8], isComplete: Bool)
  func contentCount(_ number: Int) -> Int
  /// Why nothing more comes; nil while something may.
  func failure() -> TestServerError?
  /// Waits a little, in which something may come.
  func advance() async throws
  /// Gives the connection up.
  func reset()
}
