// What relays want of the client, beside what tasks want: to be told instead of resumed, short answers whole,
// interim heads, and a connection that becomes a tunnel.

import ApusRing
import ApusWire

extension ClientTable {
  /// A new exchange of a relay's.
  mutating func beginRelayed(_ client: Index<ClientHome>, _ method: Method, mayUpgrade: Bool) -> Index<
    ClientExchange
  > {
    let index = begin(client, method, false, since: tick)
    exchanges[index].isRelayed = true
    exchanges[index].mayUpgrade = mayUpgrade
    return index
  }

  /// Tells of the next thing that happens to the exchange, in place of what was to be told before.
  mutating func watch(_ index: Index<ClientExchange>, _ waiter: Waiter) { exchanges[index].waiter = waiter }

  /// Tells when what was given is with the kernel.
  mutating func watchSends(_ index: Index<ClientExchange>, _ waiter: Waiter) {
    exchanges[index].writer = waiter
  }

  /// It was asked for leave to send the body.
  func awaitsLeave(_ index: Index<ClientExchange>) -> Bool { exchanges[index].awaitsLeave }

  // MARK: short answers

  /// The whole answer is here, in at most this many bytes that lie together, and nothing behind them.
  func isWhole(_ index: Index<ClientExchange>, within limit: Int) -> Bool {
    // A trailer section without fields is an empty line.
    guard exchanges[index].phase == .complete, exchanges[index].trailers.count <= 2 else { return false }
    return exchanges[index].inbox.isEmpty
      || exchanges[index].inbox.byteCount <= limit && exchanges[index].inbox.only != nil
  }

  /// Its content.
  func wholeContent(_ index: Index<ClientExchange>) -> Response.Body {
    guard let content = exchanges[index].inbox.only else { return .none }
    return .received(content.buffer, count: content.count)
  }

  // MARK: interim answers

  func hasInterimHeads(_ index: Index<ClientExchange>) -> Bool { !exchanges[index].interimHeads.isEmpty }

  mutating func takeInterimHeads(_ index: Index<ClientExchange>) -> [UInt8] {
    let heads = exchanges[index].interimHeads
    exchanges[index].interimHeads = []
    return heads
  }

  /// Keeps an interim head for its relay, as it is handed on: `head`, of these bytes. Leave to send is given
  /// by whoever reads the body.
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

  /// Of interim heads that wait for their relay.
  private static var interimBytes: Int { 16 << 10 }

  // MARK: tunnels

  /// The server has switched protocols: what follows is no HTTP, has no end but the
  /// connection's, and goes both ways.
  mutating func beginTunnel(_ connection: Index<ClientConnection>, _ index: Index<ClientExchange>) {
    exchanges[index].isTunnel = true
    exchanges[index].hasMoreToSend = true
    connections[connection].flags.remove(.keepsAlive)
    connections[connection].flags.formUnion([.isInBody, .endsWithConnection])
    connections[connection].decoder = BodyDecoder(response: .untilClose)
    disarm(index)
  }

  /// Something has passed, one way or the other; silence counts from now.
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

  /// The server has sent its last byte, and all was taken.
  func tunnelEnded(_ index: Index<ClientExchange>) -> Bool {
    exchanges[index].phase == .complete && exchanges[index].inbox.isEmpty
  }

  /// The server takes nothing any more.
  func sendsFailed(_ index: Index<ClientExchange>) -> Bool {
    exchanges[index].isTunnel && exchanges[index].lastErrno != 0
  }

  /// The client sends no more: once what was given has left, our FIN follows.
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

  /// Our FIN is out, or the connection was gone already; the slot may be closed.
  package mutating func didShutDown(_ connection: Index<ClientConnection>) {
    connections[connection].flags.remove(.shuttingDown)
    markDirty(connection)
  }
}
