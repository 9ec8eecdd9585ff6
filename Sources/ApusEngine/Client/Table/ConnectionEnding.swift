// ConnectionEnding: why a client's connection was closed, for people who ask why it was not reused.

/// Why a connection was closed. The first of several reasons is kept.
public enum ConnectionEnding: String, Sendable, CaseIterable {
  /// It was idle for as long as the client keeps it, or nearly as long as the server's `Keep-Alive` allows.
  case idle
  /// The server closed it.
  case serverClosed
  /// It was reset, or the network failed.
  case reset
  /// Unrequested bytes came.
  case strayBytes
  /// The server or the client had announced that it would not be kept.
  case notKept
  /// It had carried its number of requests, had reached its age, or its place was needed for another host.
  case retired
  /// Its TLS failed.
  case tlsFailed
  /// The rest of a response, or of a request, was not worth its time.
  case unread
  /// Its request failed or timed out.
  case requestFailed
  /// Its request was cancelled.
  case givenUp
  /// Another address of its host connected first.
  case lostRace
  /// The client or its core shuts down.
  case shutDown

  /// A server whose response is no longer wanted is told so by a reset: after a FIN it would work on.
  var isAbrupt: Bool { self == .requestFailed || self == .givenUp || self == .unread }
}

/// A connection that a client has closed.
package struct ClosedConnection: Sendable {
  package let identity: UInt64
  package let ending: ConnectionEnding
  /// Requests that it carried.
  package let uses: UInt32
  package let ageTicks: UInt64
}
