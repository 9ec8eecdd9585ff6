// The next action that follows from a connection's state, and the completions of sends.

package import ApusRing

/// A connection's next operation.
package enum ClientAction {
  case none
  /// Socket, connect, send, receive.
  case open(SocketAddress, ReadableRegion)
  /// Socket and connect only.
  case connect(SocketAddress)
  case send(ReadableRegion)
  case sendBoth(ReadableRegion, ReadableRegion)
  case receive
  /// One single-shot receive, which checks the socket's state before it waits.
  case receiveOnce
  /// One single-shot receive into the connection's own memory.
  case receiveInto(WritableRegion)
  case cancel(Token)
  /// Our FIN; data that still comes is received.
  case shutDown
  case close(Slot, reset: Bool)
  /// Nothing to perform; call again.
  case again
}

extension ClientTable {
  /// The next action; the table counts it as done.
  package mutating func nextAction(_ connection: Index<ClientConnection>) -> ClientAction {
    let flags = connections[connection].flags
    switch connections[connection].phase {
    case .free: return .none
    case .racing:
      guard !flags.contains(.hasSlot), flags.isDisjoint(with: .inFlight) else { return .none }
      connections[connection].flags.insert(.connecting)
      return .connect(address(of: connection))
    case .connecting:
      guard flags.isDisjoint(with: .inFlight) else { return .none }
      let index = connections[connection].exchange
      connections[connection].flags.formUnion(.opening)
      let chunk = takeOutgoing(index)
      connections[connection].flight = chunk
      exchanges[index].sentBytes += UInt64(chunk.count)
      return .open(address(of: connection), chunk.buffer.readable(chunk.range))
    case .leased, .idle, .draining:
      if !flags.contains(.receiving) {
        guard !flags.contains(.isPaused) else { return nextSend(connection) }
        let once = isInResponse(connection)
        connections[connection].flags.subtract([.cancelledReceive, .receivesOnce])
        connections[connection].flags.formUnion(once ? [.receiving, .receivesOnce] : .receiving)
        guard once else { return .receive }
        return bulkRegion(connection).map { .receiveInto($0) } ?? .receiveOnce
      }
      if flags.contains(.isPaused) || !flags.contains(.receivesOnce) && isInResponse(connection),
        !flags.contains(.cancelledReceive)
      {
        connections[connection].flags.insert(.cancelledReceive)
        return .cancel(token(.clientReceive, connection))
      }
      return nextSend(connection)
    case .closing: return nextClosingAction(connection)
    }
  }

  /// Some of a response has arrived, and more is to come. A receive that stays armed misses a reset that
  /// arrives along with data: the kernel takes both for one event, reads the data, finds the socket empty and
  /// waits for the next event, which never comes. A response that comes in pieces is therefore received by
  /// single-shot receives.
  private func isInResponse(_ connection: Index<ClientConnection>) -> Bool {
    switch connections[connection].phase {
    case .leased:
      let index = connections[connection].exchange
      return exchanges[index].receivedBytes > 0 && exchanges[index].phase != .complete
    case .draining: return true
    case .free, .racing, .connecting, .idle, .closing: return false
    }
  }

  private mutating func nextSend(_ connection: Index<ClientConnection>) -> ClientAction {
    let index = connections[connection].exchange
    guard index != .none, connections[connection].phase == .leased,
      !connections[connection].flags.contains(.sending)
    else { return .none }
    guard exchanges[index].hasUnsent else { return nextShutdown(connection, index) }
    connections[connection].flags.insert(.sending)
    let first = takeOutgoing(index)
    connections[connection].flight = first
    exchanges[index].sentBytes += UInt64(first.count)
    // A server that accepts no bytes is silent, too.
    if !hasHead(index) { awaitHead(index) }
    guard exchanges[index].hasUnsent, first.count < 16_384 else {
      return .send(first.buffer.readable(first.range))
    }
    let second = takeOutgoing(index)
    connections[connection].secondFlight = second
    exchanges[index].sentBytes += UInt64(second.count)
    return .sendBoth(first.buffer.readable(first.range), second.buffer.readable(second.range))
  }

  /// The next chunk to send, at most `sendBytes` of it.
  private mutating func takeOutgoing(_ index: Index<ClientExchange>) -> BodyChunk {
    if let message = exchanges[index].message.take() {
      if message.count <= Self.sendBytes { return message }
      let middle = message.range.lowerBound + Self.sendBytes
      exchanges[index].message = BodyChunk(message.buffer, middle..<message.range.upperBound)
      return message.prefix(Self.sendBytes)
    }
    let start = exchanges[index].outgoingStart
    let chunk = exchanges[index].outgoing[start]
    guard chunk.count > Self.sendBytes else {
      exchanges[index].outgoingStart = start + 1
      return chunk
    }
    let middle = chunk.range.lowerBound + Self.sendBytes
    exchanges[index].outgoing[start] = BodyChunk(chunk.buffer, middle..<chunk.range.upperBound)
    return BodyChunk(chunk.buffer, chunk.range.lowerBound..<middle)
  }

  /// The kernel no longer reads the chunks of the send.
  mutating func land(_ connection: Index<ClientConnection>) {
    connections[connection].flight = nil
    connections[connection].secondFlight = nil
  }

  /// A send completed; the first one of a new connection also tells that the connect succeeded.
  package mutating func didSend(_ result: Int32, _ connection: Index<ClientConnection>) {
    let count =
      (connections[connection].flight?.count ?? 0)
      + (connections[connection].secondFlight?.count ?? 0)
    connections[connection].flags.subtract([.connecting, .sending])
    land(connection)
    markDirty(connection)
    let phase = connections[connection].phase
    let index = connections[connection].exchange
    guard index != .none, phase == .connecting || phase == .leased else { return }
    exchanges[index].sentBytes -= UInt64(count - max(0, Int(result)))
    if phase == .connecting { didOpen(connection, index) }
    guard Int(result) == count else {
      // The server may have responded and closed before the request was whole: its response may still be
      // read.
      exchanges[index].message = nil
      exchanges[index].outgoingStart = exchanges[index].outgoing.count
      exchanges[index].hasMoreToSend = false
      if exchanges[index].lastErrno == 0 {
        // A short send has lost bytes of a tunnel; for a request, the response tells what that means.
        exchanges[index].lastErrno = result < 0 ? -result : exchanges[index].isTunnel ? Errno.brokenPipe : 0
      }
      resume(index)
      return
    }
    // Bytes that are left get a send of their own.
    if !hasHead(index), exchanges[index].isSent || !exchanges[index].hasUnsent { awaitNextPiece(index) }
    // Only the writer is resumed: the task that waits for the response is not.
    if !exchanges[index].hasUnsent { exchanges[index].writer.resume() }
  }

  private mutating func nextClosingAction(_ connection: Index<ClientConnection>) -> ClientAction {
    if connections[connection].flags.isDisjoint(with: .inFlight) { return free(connection) }
    return switch connections[connection].flags.nextToCancel() {
    case .connect: .cancel(token(.connect, connection))
    case .send: .cancel(token(.clientSend, connection))
    case .receive: .cancel(token(.clientReceive, connection))
    case nil: .none
    }
  }

  package mutating func didNotCancel(_ connection: Index<ClientConnection>) {
    connections[connection].flags.didNotCancel()
    markDirty(connection)
  }

  package mutating func didOpenSocket(_ slot: Slot, _ connection: Index<ClientConnection>) {
    connections[connection].slot = slot
    connections[connection].flags.insert(.hasSlot)
  }

  package mutating func slot(of connection: Index<ClientConnection>) -> Slot { connections[connection].slot }
}
