// The end of a connection: the end of a body, a truncation, or the end of an unused connection.

extension ClientTable {
  package mutating func didEndReceive(_ connection: Index<ClientConnection>) {
    connections[connection].flags.remove(.receiving)
    markDirty(connection)
  }

  /// The server's FIN.
  ///
  /// - Parameter isTruncated: The connection spoke TLS, and the server did not say that nothing more
  ///   comes: a body that ends with the connection may not be whole.
  package mutating func didFinish(_ connection: Index<ClientConnection>, isTruncated: Bool = false) {
    guard let index = unfinishedExchange(connection, endedBy: .serverClosed) else { return }
    if connections[connection].flags.contains([.isInBody, .endsWithConnection]), !isTruncated {
      connections[connection].flags.remove(.isInBody)
      exchanges[index].phase = .complete
      disarm(index)
      return resume(index)
    }
    // A send that failed has the more precise reason.
    let errno = exchanges[index].lastErrno
    fail(index, errno == 0 ? .connectionClosed : .connectionFailed(errno: errno))
  }

  package mutating func didFailToReceive(_ errno: Int32, _ connection: Index<ClientConnection>) {
    guard let index = unfinishedExchange(connection, endedBy: .reset) else { return }
    fail(index, .connectionFailed(errno: errno))
  }

  /// The server sends no more. Returns the exchange whose response is therefore incomplete; an idle or
  /// draining connection is closed.
  private mutating func unfinishedExchange(
    _ connection: Index<ClientConnection>, endedBy ending: ConnectionEnding
  ) -> Index<ClientExchange>? {
    noteOpen(connection)
    noteEnding(connection, ending)
    switch connections[connection].phase {
    case .leased:
      connections[connection].flags.remove(.keepsAlive)
      connections[connection].flags.insert(.isPaused)
      let index = connections[connection].exchange
      return exchanges[index].phase == .complete ? nil : index
    case .idle, .draining: beginClosing(connection, ending)
    case .free, .racing, .connecting, .closing: break
    }
    return nil
  }
}
