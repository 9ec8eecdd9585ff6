// Relays need more of the client than tasks do: notices instead of resumed tasks, short responses
// whole, interim heads, and a connection that becomes a tunnel.

import ApusRing
import ApusWire

extension ClientTable {
  /// Begins a new exchange of a relay.
  mutating func beginRelayed(_ client: Index<ClientHome>, _ method: Method, mayUpgrade: Bool) -> Index<
    ClientExchange
  > {
    let index = begin(client, method, false, since: tick)
    exchanges[index].isRelayed = true
    exchanges[index].mayUpgrade = mayUpgrade
    return index
  }

  /// Sets the waiter that the exchange's next event resumes, in place of the one before.
  mutating func watch(_ index: Index<ClientExchange>, _ waiter: Waiter) { exchanges[index].waiter = waiter }

  /// Resumes `waiter` when the kernel has taken everything queued.
  mutating func watchSends(_ index: Index<ClientExchange>, _ waiter: Waiter) {
    exchanges[index].writer = waiter
  }

  /// It waits for a 100 before it sends the body.
  func awaitsLeave(_ index: Index<ClientExchange>) -> Bool { exchanges[index].awaitsLeave }

  // MARK: short responses

  /// The whole response is here, with at most `limit` contiguous bytes of content and no trailer fields.
  func isWhole(_ index: Index<ClientExchange>, within limit: Int) -> Bool {
    // A trailer section without fields is an empty line.
    guard exchanges[index].phase == .complete, exchanges[index].trailers.count <= 2 else { return false }
    return exchanges[index].inbox.isEmpty
      || exchanges[index].inbox.byteCount <= limit && exchanges[index].inbox.only != nil
  }

  /// The content of a whole response.
  func wholeContent(_ index: Index<ClientExchange>) -> Response.Body {
    guard let content = exchanges[index].inbox.only else { return .none }
    return .received(content.buffer, count: content.count)
  }

  // MARK: interim responses

  func hasInterimHeads(_ index: Index<ClientExchange>) -> Bool { !exchanges[index].interimHeads.isEmpty }

  mutating func takeInterimHeads(_ index: Index<ClientExchange>) -> [UInt8] {
    let heads = exchanges[index].interimHeads
    exchanges[index].interimHeads = []
    return heads
  }

  /// Keeps an interim head (`head`, parsed from `bytes`) for its relay, in the form that is forwarded. A 100
  /// is left out: the reader of the body sends it.
  mutating func keepInterim(_ bytes: Span<UInt8>, _ index: Index<ClientExchange>) {
    guard exchanges[index].isRelayed, head.status.code != 100,
      exchanges[index].interimHeads.count + bytes.count <= Self.interimBytes
    else { return }
    let version: StaticString = "HTTP/1.1"
    let line = fields.count > 0 ? Int(fields.span[0].name.offset) : bytes.count - 2
    let hasConnection = head.known.contains(.connection)
    let kept = [UInt8](capacity: bytes.count) { output in
      output.append(ascii: version)
      output.append(copying: bytes.extracting(version.utf8CodeUnitCount..<line))
      Response.Extras.relayedFields.copy(bytes, fields.span, hasConnection: hasConnection, into: &output)
      output.append(ascii: "\r\n")
    }
    exchanges[index].interimHeads += kept
  }

  /// The limit on interim heads that wait for their relay.
  private static var interimBytes: Int { 16 << 10 }

  // MARK: tunnels

  /// The server has switched protocols: what follows is not HTTP, ends only with the connection, and flows
  /// both ways.
  mutating func beginTunnel(_ connection: Index<ClientConnection>, _ index: Index<ClientExchange>) {
    exchanges[index].isTunnel = true
    exchanges[index].hasMoreToSend = true
    connections[connection].flags.remove(.keepsAlive)
    connections[connection].flags.formUnion([.isInBody, .endsWithConnection])
    connections[connection].decoder = BodyDecoder(response: .untilClose)
    disarm(index)
  }

  /// Something has passed, one way or the other; the idle timeout starts anew.
  mutating func postponeIdle(_ index: Index<ClientExchange>, _ ticks: UInt64) {
    if exchanges[index].phase == .responding || exchanges[index].phase == .complete {
      setDeadline(index, after: ticks)
    }
  }

  /// The next bytes from the server; nil if there are none now.
  mutating func nextOfTunnel(_ index: Index<ClientExchange>) -> BodyChunk? {
    guard let chunk = exchanges[index].inbox.next() else { return nil }
    resumeReceiving(index)
    return chunk
  }

  /// The server has sent its last byte, and all bytes were taken.
  func tunnelEnded(_ index: Index<ClientExchange>) -> Bool {
    exchanges[index].phase == .complete && exchanges[index].inbox.isEmpty
  }

  /// The server accepts no more bytes.
  func sendsFailed(_ index: Index<ClientExchange>) -> Bool {
    exchanges[index].isTunnel && exchanges[index].lastErrno != 0
  }

  /// The client sends no more: once everything queued is sent, our FIN follows.
  mutating func endSending(_ index: Index<ClientExchange>) {
    exchanges[index].hasMoreToSend = false
    let connection = exchanges[index].connection
    guard connection != .none else { return }
    connections[connection].flags.insert(.endsSending)
    markDirty(connection)
  }

  /// Nothing of the request is left to send.
  mutating func nextShutdown(_ connection: Index<ClientConnection>, _ index: Index<ClientExchange>)
    -> ClientAction
  {
    guard connections[connection].flags.contains(.endsSending) else { return .none }
    connections[connection].flags.remove(.endsSending)
    connections[connection].flags.insert(.shuttingDown)
    return .shutDown
  }

  /// Our FIN is sent, or the connection had ended before; the slot may be closed.
  package mutating func didShutDown(_ connection: Index<ClientConnection>) {
    connections[connection].flags.remove(.shuttingDown)
    markDirty(connection)
  }
}
