// The end of a connection, which is the end of a body, a truncation, or a stale connection that nobody used.

extension ClientTable {
  package mutating func didEndReceive(_ connection: Index<ClientConnection>) {
    connections[connection].flags.remove(.receiving)
    markDirty(connection)
  }

  /// The server's FIN.
  package mutating func didFinish(_ connection: Index<ClientConnection>) {
    noteOpen(connection)
    noteEnding(connection, .serverClosed)
    switch connections[connection].phase {
    case .leased:
      let index = connections[connection].exchange
      connections[connection].flags.remove(.keepsAlive)
      connections[connection].flags.insert(.isPaused)
      if exchanges[index].phase == .complete { return }
      if connections[connection].flags.contains([.isInBody, .endsWithConnection]) {
        connections[connection].flags.remove(.isInBody)
        exchanges[index].phase = .complete
        disarm(index)
        return resume(index)
      }
      // A send that has failed knows better why.
      let errno = exchanges[index].lastErrno
      fail(index, errno == 0 ? .connectionClosed : .connectionFailed(errno: errno))
    case .idle, .draining: beginClosing(connection, .serverClosed)
    case .free, .racing, .connecting, .closing: break
    }
  }

  package mutating func didFailToReceive(_ errno: Int32, _ connection: Index<ClientConnection>) {
    noteOpen(connection)
    noteEnding(connection, .reset)
    switch connections[connection].phase {
    case .leased:
      let index = connections[connection].exchange
      connections[connection].flags.remove(.keepsAlive)
      connections[connection].flags.insert(.isPaused)
      if exchanges[index].phase != .complete { fail(index, .connectionFailed(errno: errno)) }
    case .idle, .draining: beginClosing(connection, .reset)
    case .free, .racing, .connecting, .closing: break
    }
  }
}
