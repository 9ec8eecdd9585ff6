// ConnectionEnding: why a client's connection was closed, for people who ask why it was not used again.

/// Why a connection was closed. Where several reasons came together, the first.
public enum ConnectionEnding: String, Sendable, CaseIterable {
  /// It had lain idle for as long as the client keeps it, or nearly for as long as the
  /// server said that it does.
  case idle
  /// The server closed it.
  case serverClosed
  /// It was reset, or the network failed.
  case reset
  /// Bytes came that nobody had asked for.
  case strayBytes
  /// The server or the client had announced that it would not be kept.
  case notKept
  /// It had carried its number of requests, had reached its age, or its place was needed for another host.
  case retired
  /// Its TLS failed.
  case tlsFailed
  /// The rest of a response, or of a request, was not worth its time.
  case unread
  /// Its request failed, or ran out of time.
  case requestFailed
  /// Its request was cancelled.
  case givenUp
  /// Another address of its host answered first.
  case lostRace
  /// The client or its core ends.
  case shutDown

  /// A server whose answer is nobody's any more is told so by a reset: after a FIN it would work on.
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
