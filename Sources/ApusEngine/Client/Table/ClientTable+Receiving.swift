// Responses: heads, interim responses, bodies.

import ApusRing
import ApusWire

extension ClientTable {
  /// The armed receive brought `bytes`, which are lent for the call.
  package mutating func didReceive(_ bytes: Span<UInt8>, _ connection: Index<ClientConnection>) {
    noteOpen(connection)
    var offset = 0
    while offset < bytes.count {
      switch connections[connection].phase {
      case .leased:
        let index = connections[connection].exchange
        // Before a byte of the request was sent, these bytes cannot be its response; on a fresh connection
        // they may be the server's response to the connection itself, such as a 503.
        let isTooEarly = exchanges[index].isReused && exchanges[index].sentBytes == 0
        if exchanges[index].phase == .complete || isTooEarly { return stray(connection) }
        if offset == 0 { exchanges[index].receivedBytes += UInt64(bytes.count) }
        guard let next = take(bytes, from: offset, connection, index) else {
          return receivePiecewise(connection)
        }
        offset = next
        if offset == bytes.count, exchanges[index].phase != .complete { receivePiecewise(connection) }
      case .draining:
        guard let next = drop(bytes, from: offset, connection) else { return }
        offset = next
      case .idle:
        // Nobody requested it: it must never be taken for the next request's response.
        return stray(connection)
      case .free, .racing, .connecting, .closing: return
      }
    }
  }

  /// More of the response is to come: see `isInResponse`.
  private mutating func receivePiecewise(_ connection: Index<ClientConnection>) {
    if !connections[connection].flags.contains(.receivesOnce) { markDirty(connection) }
  }

  /// A receive's completion may precede that of the send, which also tells that the connection is open.
  mutating func noteOpen(_ connection: Index<ClientConnection>) {
    guard connections[connection].phase == .connecting else { return }
    didOpen(connection, connections[connection].exchange)
  }

  /// Parses one step of a response; nil when all bytes are used, or none can be used any more.
  private mutating func take(
    _ bytes: Span<UInt8>, from offset: Int, _ connection: Index<ClientConnection>,
    _ index: Index<ClientExchange>
  ) -> Int? {
    if connections[connection].flags.contains(.isInBody) {
      return takeBody(bytes, from: offset, connection, index)
    }
    let rest = bytes.extracting(offset..<bytes.count)
    guard let used = takeHead(rest, connection, index) else { return nil }
    return offset + used
  }

  private mutating func takeHead(
    _ bytes: Span<UInt8>, _ connection: Index<ClientConnection>, _ index: Index<ClientExchange>
  ) -> Int? {
    if connections[connection].flags.contains(.isScanning) {
      return takeCarriedHead(bytes, connection, index)
    }
    switch parser.parse(bytes, answering: exchanges[index].method, into: &head, fields: &fields) {
    case .complete:
      begin(bytes.extracting(0..<head.byteCount), connection, index)
      return head.byteCount
    case .partial:
      beginScanning(connection, index)
      _ = carry(bytes, connection)
      return nil
    case .invalid(.foldedLine) where takesFolds(index):
      beginScanning(connection, index)
      return takeCarriedHead(bytes, connection, index)
    case .invalid(let error):
      fail(index, .malformed(error))
      return nil
    }
  }

  /// A user agent accepts folded lines; a gateway may refuse them, and does not forward what it cannot
  /// interpret (RFC 9112 5.2).
  private func takesFolds(_ index: Index<ClientExchange>) -> Bool { !exchanges[index].isRelayed }

  private mutating func beginScanning(_ connection: Index<ClientConnection>, _ index: Index<ClientExchange>) {
    connections[connection].scanner = HeadScanner(response: (), takesFolds: takesFolds(index))
    connections[connection].flags.insert(.isScanning)
  }

  private mutating func carry(_ bytes: Span<UInt8>, _ connection: Index<ClientConnection>) -> Int {
    if connections[connection].carry.isNone {
      connections[connection].carry = blocks.acquire(Self.headLimits.headBytes)
    }
    let count = min(bytes.count, Self.headLimits.headBytes - connections[connection].carryCount)
    connections[connection].carry.append(after: &connections[connection].carryCount) {
      $0.append(copying: bytes.extracting(0..<count))
    }
    return count
  }

  private mutating func takeCarriedHead(
    _ bytes: Span<UInt8>, _ connection: Index<ClientConnection>, _ index: Index<ClientExchange>
  ) -> Int? {
    let before = connections[connection].carryCount
    let added = carry(bytes, connection)
    // The handle is copied, so that the connection may change while its bytes are read; the block stays
    // valid until `dropCarry`.
    let block = connections[connection].carry
    guard let count = takeWholeHead(block.bytes(0..<before + added), connection, index) else { return nil }
    dropCarry(connection)
    return count - before
  }

  /// Returns the head's length if it is whole.
  private mutating func takeWholeHead(
    _ bytes: Span<UInt8>, _ connection: Index<ClientConnection>, _ index: Index<ClientExchange>
  ) -> Int? {
    switch connections[connection].scanner.scan(bytes, limits: Self.headLimits) {
    case .partial: return nil
    case .invalid(let error):
      fail(index, .malformed(error))
      return nil
    case .complete(let count):
      let whole = bytes.extracting(0..<count)
      let hasFolds = connections[connection].scanner.hasFolds
      let isTaken = hasFolds ? takeFoldedHead(whole, connection, index) : parse(whole, connection, index)
      return isTaken ? count : nil
    }
  }

  /// Unfolds a head into memory of its own and parses it there.
  private mutating func takeFoldedHead(
    _ bytes: Span<UInt8>, _ connection: Index<ClientConnection>, _ index: Index<ClientExchange>
  ) -> Bool {
    let block = blocks.acquire(bytes.count)
    var count = 0
    block.append(after: &count) { FoldedLines.unfold(bytes, into: &$0) }
    let isTaken = parse(block.bytes(0..<count), connection, index)
    blocks.release(block)
    return isTaken
  }

  /// Parses a head that was scanned to its end; false if its fields contradict each other.
  private mutating func parse(
    _ bytes: Span<UInt8>, _ connection: Index<ClientConnection>, _ index: Index<ClientExchange>
  ) -> Bool {
    switch parser.parse(bytes, answering: exchanges[index].method, into: &head, fields: &fields) {
    case .complete: break
    case .partial: preconditionFailure("a head that was scanned to its end is partial")
    case .invalid(let error):
      fail(index, .malformed(error))
      return false
    }
    begin(bytes, connection, index)
    return true
  }

  mutating func dropCarry(_ connection: Index<ClientConnection>) {
    connections[connection].flags.remove(.isScanning)
    guard !connections[connection].carry.isNone else { return }
    blocks.release(connections[connection].carry)
    connections[connection].carry = .none
    connections[connection].carryCount = 0
  }

  /// A head is complete: `head`, parsed from `bytes`.
  private mutating func begin(
    _ bytes: Span<UInt8>, _ connection: Index<ClientConnection>, _ index: Index<ClientExchange>
  ) {
    if head.isStrange, exchanges[index].isRelayed { return fail(index, .malformed(.invalidStatusCode)) }
    if head.isInterim { return noteInterim(bytes, index) }
    exchanges[index].response?.take(head, bytes, fields.span)
    exchanges[index].phase = .responding
    connections[connection].idleHint = head.idleHint
    if head.keepsAlive, !exchanges[index].closesConnection {
      connections[connection].flags.insert(.keepsAlive)
    }
    if head.switchesProtocol {
      guard exchanges[index].mayUpgrade else { return fail(index, .malformed(.unaskedProtocol)) }
      beginTunnel(connection, index)
    } else if head.framing == .none {
      complete(connection, index)
    } else {
      connections[connection].decoder = BodyDecoder(
        response: head.framing, takesFolds: takesFolds(index))
      connections[connection].flags.insert(.isInBody)
      if head.framing == .untilClose { connections[connection].flags.insert(.endsWithConnection) }
      // Until the caller asks for content, only the total timeout runs.
      disarm(index)
    }
    resume(index)
  }

  /// An interim head is complete: `head`, parsed from `bytes`.
  private mutating func noteInterim(_ bytes: Span<UInt8>, _ index: Index<ClientExchange>) {
    exchanges[index].interims.note(bytes.count)
    guard exchanges[index].interims.isWithin(homes[Int(exchanges[index].client)].policy.interims) else {
      return fail(index, .malformed(.tooManyInterimResponses))
    }
    if head.status.code == 100 {
      exchanges[index].maySend = true
      exchanges[index].awaitsLeave = false
    }
    keepInterim(bytes, index)
    if exchanges[index].interims.count <= Self.postponingInterims { awaitNextPiece(index) }
    resume(index)
  }

  /// So many interim responses show that the server is at work; further ones do not postpone the timeout.
  private static var postponingInterims: UInt32 { 16 }

  private mutating func takeBody(
    _ bytes: Span<UInt8>, from start: Int, _ connection: Index<ClientConnection>,
    _ index: Index<ClientExchange>
  ) -> Int? {
    var offset = start
    while true {
      let trailersBefore = connections[connection].decoder.trailerByteCount
      switch connections[connection].decoder.decode(bytes, from: offset) {
      case .data(let range):
        if let arriving {
          exchanges[index].inbox.append(BodyChunk(arriving, range))
        } else {
          exchanges[index].inbox.append(bytes.extracting(range))
        }
        offset = range.upperBound
        // A body of known length ends with its last byte.
        if connections[connection].decoder.isFinished {
          complete(connection, index)
          resume(index)
          return offset
        }
      case .needMore(let end):
        keepTrailers(bytes, upTo: end, trailersBefore, connection, index)
        pauseIfFull(connection, index)
        resume(index)
        return nil
      case .finished(let end):
        keepTrailers(bytes, upTo: end, trailersBefore, connection, index)
        complete(connection, index)
        resume(index)
        return end
      case .invalid(let error):
        fail(index, .malformed(error))
        return nil
      }
    }
  }

  /// Keeps the bytes of the trailer section that the last step used.
  private mutating func keepTrailers(
    _ bytes: Span<UInt8>, upTo end: Int, _ before: Int, _ connection: Index<ClientConnection>,
    _ index: Index<ClientExchange>
  ) {
    let count = connections[connection].decoder.trailerByteCount - before
    for place in end - count..<end { exchanges[index].trailers.append(bytes[place]) }
  }

  private mutating func pauseIfFull(_ connection: Index<ClientConnection>, _ index: Index<ClientExchange>) {
    if exchanges[index].inbox.byteCount > home(of: connection).policy.unreadBytes {
      connections[connection].flags.insert(.isPaused)
      markDirty(connection)
    }
  }

  /// The response is whole.
  private mutating func complete(_ connection: Index<ClientConnection>, _ index: Index<ClientExchange>) {
    exchanges[index].phase = .complete
    connections[connection].flags.subtract([.isInBody, .isPaused])
    disarm(index)
  }

  /// Discards the rest of a response that the caller did not read.
  private mutating func drop(_ bytes: Span<UInt8>, from start: Int, _ connection: Index<ClientConnection>)
    -> Int?
  {
    var offset = start
    while true {
      switch connections[connection].decoder.decode(bytes, from: offset) {
      case .data(let range):
        offset = range.upperBound
        if connections[connection].decoder.isFinished {
          didDrain(connection)
          return offset
        }
      case .needMore: return nil
      case .finished(let end):
        didDrain(connection)
        return end
      case .invalid:
        beginClosing(connection, .strayBytes)
        return nil
      }
    }
  }

  private mutating func didDrain(_ connection: Index<ClientConnection>) {
    connections[connection].flags.remove(.isInBody)
    giveBack(connection)
  }

  /// Handles unrequested bytes: on an idle connection, behind a whole response, or before a byte of the
  /// request was sent.
  private mutating func stray(_ connection: Index<ClientConnection>) {
    guard connections[connection].phase == .leased else { return beginClosing(connection, .strayBytes) }
    noteEnding(connection, .strayBytes)
    let index = connections[connection].exchange
    if exchanges[index].phase == .complete {
      // The response was whole and stays valid; its connection cannot be reused.
      connections[connection].flags.remove(.keepsAlive)
    } else {
      // A server's last response on a connection that was idle a moment ago, or worse: the request is
      // made on another connection.
      fail(index, .connectionClosed)
    }
  }
}
