// Sending a response: its head and, if small, its body are appended to the queued bytes. Whether the
// connection stays is decided here (`reasonToClose`), except after an unread body (+Body) and for a streamed
// response (+Writing).

import ApusRing
package import ApusWire

extension ConnectionTable {
  /// Responds to the request that was just parsed from `bytes`.
  @inline(__always)
  mutating func answer(_ bytes: Span<UInt8>, body: Span<UInt8>, _ slot: Slot) {
    notePeer(slot)
    guard let response = respond(bytes, body: body) else {
      refusePath(bytes, slot)
      return
    }
    if let exchange = response.exchange {
      wait(for: exchange, slot)
    } else {
      deliver(response, bytes, slot)
    }
  }

  /// The handler's response to the request that was just parsed from `bytes`; nil if its path has no normal
  /// form.
  @inline(__always)
  mutating func respond(_ bytes: Span<UInt8>, body: Span<UInt8>) -> Response? {
    if head.pathNeedsNormalising { return respondToNormalised(bytes, body: body) }
    let (number, peer, security) = (requestNumber, currentPeer, role.isSecured ? currentSecurity : nil)
    // Not by way of `request`: that would cost 12 more instructions per response.
    return handler.respond(
      Request(
        head: head, bytes: bytes, fields: fields.span, path: bytes.extracting(head.path.range), body: body,
        now: now, unixSeconds: unixSeconds, number: number, peer: peer, role: role,
        security: security, arrivedAt: arrivedAt))
  }

  @inline(never)
  private mutating func respondToNormalised(_ bytes: Span<UInt8>, body: Span<UInt8>) -> Response? {
    let handler = handler
    return withRequest(bytes, body: body) { (request: borrowing Request) in handler.respond(request) }
  }

  /// Shows `status` to hooks as the response to the request in `bytes`, which gets none.
  mutating func showUnanswered(_ bytes: Span<UInt8>, _ status: Status) {
    let handler = handler
    var response = Response(status: status)
    withRequest(bytes) { (request: borrowing Request) in handler.settle(request, &response) }
  }

  /// Decides on the body of the request that was just parsed from `bytes`; nil if its path has no normal
  /// form.
  mutating func bodyPlan(_ bytes: Span<UInt8>) -> BodyPlan? {
    let handler = handler
    return withRequest(bytes) { (request: borrowing Request) in handler.plan(request) }
  }

  /// Calls `use` with the request in `head`; nil if its path has no normal form.
  @discardableResult
  private mutating func withRequest<Result>(
    _ bytes: Span<UInt8>, body: Span<UInt8> = Span(), _ use: (borrowing Request) -> Result
  ) -> Result? {
    let (number, normalised) = (requestNumber, pathBlock.block)
    guard head.pathNeedsNormalising else {
      return use(request(bytes, path: bytes.extracting(head.path.range), body: body, number))
    }
    let (count, fault) = normalisePath(bytes)
    guard fault == nil else { return nil }
    return use(request(bytes, path: normalised.bytes(0..<count), body: body, number))
  }

  @inline(__always)
  @_lifetime(borrow self, copy bytes, copy path, copy body)
  private func request(
    _ bytes: Span<UInt8>, path: Span<UInt8>, body: Span<UInt8>, _ number: UInt64
  ) -> Request {
    Request(
      head: head, bytes: bytes, fields: fields.span, path: path, body: body, now: now,
      unixSeconds: unixSeconds, number: number, peer: currentPeer, role: role,
      security: role.isSecured ? currentSecurity : nil, arrivedAt: arrivedAt)
  }

  /// Writes the path's normal form to `pathBlock`; returns its length, or why there is none.
  private mutating func normalisePath(_ bytes: Span<UInt8>) -> (count: Int, fault: TargetError?) {
    var count = 0
    var fault: TargetError?
    let raw = head.path.range
    pathBlock.block.append(after: &count) { fault = TargetPath.normalise(bytes.extracting(raw), into: &$0) }
    return (count, fault)
  }

  /// Refuses a request whose path has no normal form, and says why.
  @inline(never)
  mutating func refusePath(_ bytes: Span<UInt8>, _ slot: Slot) {
    guard let error = normalisePath(bytes).fault else {
      preconditionFailure("a path with a normal form is refused")
    }
    refuse(error.status, error.explanation, .protocolError, of: bytes, slot)
  }

  /// Refuses a request that is malformed or will not be read to its end, and ends the connection: nobody can
  /// tell where the next request starts. `bytes` is the request's head as far as it was read.
  @inline(never)
  mutating func refuse(_ error: WireError, of bytes: Span<UInt8>, _ slot: Slot) {
    refuse(error.status, error.explanation, .protocolError, of: bytes, slot)
  }

  @inline(never)
  mutating func refuse(
    _ status: Status, _ explanation: String, _ reason: CloseReason, of bytes: Span<UInt8>, _ slot: Slot
  ) {
    head = RequestHead()
    // RFC 9110 section 9.3.2: a response to HEAD has no content, even if the request is refused.
    if RequestParser.beginsWithHead(bytes) { head.method = .head }
    noteRole(slot)
    deliver(.refusal(status, explanation), bytes, closing: reason, slot)
    connections[slot].flags.insert(.lingers)
  }

  mutating func claimedOutbox(_ slot: Slot) -> Index<Outbox>? {
    let outbox = connections[slot].outbox
    return outbox == .none ? nil : outbox
  }

  /// The connection's outbox; claimed if there is none.
  @inline(__always)
  mutating func claimOutbox(_ slot: Slot) -> Index<Outbox> {
    if let outbox = claimedOutbox(slot) { return outbox }
    let claimed = outboxes.claim()
    connections[slot].outbox = claimed
    outboxes[claimed].startedAt = tick
    return claimed
  }

  /// Queues a response to the request in `head`. `closing` ends the connection for that reason, whatever the
  /// peer wishes; without it the connection stays if both sides allow it.
  mutating func deliver(
    _ response: consuming Response, _ bytes: Span<UInt8>, closing: CloseReason? = nil, _ slot: Slot
  ) {
    var closeReason = closing ?? reasonToClose(slot)
    // RFC 9110 sections 5.5 and 15: the final response needs a valid status, not an interim one, and valid
    // field lines.
    if response.fault != nil { response = insteadOfFaulty() }
    if response.closesConnection, closeReason == nil { closeReason = .completed }
    let status = response.status
    // RFC 9110 section 15.3.6: 205 has no content and says so with a length of 0.
    if status.code == 205 { response.body = .none }
    let bodyCount = response.body.count
    // RFC 9110 sections 6.4.1 and 8.6: 204 and 304 have no content, and 204 has no length either.
    let hasNoContent = status.code == 204 || status.code == 304
    let sendsBody = !hasNoContent && head.method != .head && bodyCount > 0
    let copiesBody = sendsBody && bodyCount <= UInt64(limits.copiedBodyBytes) && !response.body.isFile
    let leavesBody = sendsBody && !copiesBody
    // RFC 9110 section 8.6: without a body given for HEAD, the length of GET's content is unknown.
    let hasNoLength = hasNoContent || head.method == .head && response.body.isNone

    let outbox = claimOutbox(slot)
    outboxes[outbox].willAnswer(arrivedAt, isAlone: leavesBody || accessLog != nil)
    write(
      ResponseHead(
        status, contentLength: hasNoLength ? nil : bodyCount, mediaType: response.knownType,
        connection: directive(closes: closeReason != nil)),
      response, bytes, copying: copiesBody ? Int(bodyCount) : 0, outbox)
    if leavesBody { setSource(response.body, outbox) }
    if let bytes = response.takeSharedBytes() { SpareBytes.keep(bytes) }

    counters.answers[Int(status.code) / 100] += 1
    if accessLog != nil { noteLine(status, sendsBody ? bodyCount : 0, of: bytes, outbox) }
    if leavesBody || closeReason != nil {
      if let closeReason {
        connections[slot].close(for: closeReason)
        // RFC 9112 section 9.6: a peer that expects to continue may have sent more before it sees `close`.
        if head.keepsAlive { connections[slot].flags.insert(.lingers) }
      }
      connections[slot].phase = .answering
    } else {
      connections[slot].phase = .idle
      // Set before the turn's timers expire: the old deadline may be due at this very tick.
      setIdleDeadline(slot)
    }
    markDirty(slot)
  }

  /// Replaces an invalid response by 500. Kept out of line, since every response takes the caller's path.
  @inline(never)
  private mutating func insteadOfFaulty() -> Response {
    exchanges.errorCount += 1
    return .plain(.internalServerError)
  }

  /// Appends the head and the first `copied` bytes of the body, which are all of it or none, to the queued
  /// bytes.
  @inline(__always)
  mutating func write(
    _ responseHead: ResponseHead, _ response: borrowing Response, _ bytes: Span<UInt8>, copying copied: Int,
    _ outbox: Index<Outbox>
  ) {
    if let extras = response.extras {
      write(responseHead, extras, response.body, copying: copied, outbox)
    } else if case .rendered(let content, let until) = response.body {
      write(responseHead, content, until, bytes, copying: copied, outbox)
    } else {
      outboxes[outbox].queue(writer.byteBound + copied, &pool) { output in
        writer.write(responseHead, into: &output)
        if copied > 0 { response.body.copy(into: &output) }
      }
    }
  }

  /// As `write` above, for a response whose field lines were rendered with its content.
  @inline(never)
  private mutating func write(
    _ responseHead: ResponseHead, _ content: SharedBytes, _ until: Instant, _ bytes: Span<UInt8>,
    copying copied: Int, _ outbox: Index<Outbox>
  ) {
    let fieldBytes = content.firstPartBytes
    let start = outboxes[outbox].queuedCount
    outboxes[outbox].queue(writer.byteBound + fieldBytes + copied, &pool) { output in
      writer.write(
        responseHead, extra: [], encoded: content.span.extracting(0..<fieldBytes), into: &output)
      if copied > 0 { output.append(copying: content.span.extracting(droppingFirst: fieldBytes)) }
    }
    if now < until, copied > 0 { noteRepeatable(until, responseHead, bytes, from: start, copied, outbox) }
  }

  /// As `write` above, with the handler's own fields.
  mutating func write(
    _ responseHead: ResponseHead, _ extras: Response.Extras, _ body: Response.Body, copying copied: Int,
    _ outbox: Index<Outbox>
  ) {
    outboxes[outbox].queue(extras.byteBound(writer) + copied, &pool) { output in
      extras.write(responseHead, by: writer, into: &output)
      if copied > 0 { body.copy(into: &output) }
    }
  }

  /// Why the connection ends after this response, or nil if it stays (RFC 9112 section 9.3).
  @inline(__always)
  mutating func reasonToClose(_ slot: Slot) -> CloseReason? {
    if isDraining { return .drain }
    if !head.keepsAlive { return .completed }
    if let most = limits.requestsPerConnection, connections[slot].requestCount >= most {
      return .completed
    }
    if tick.rawValue - connections[slot].openedAt.rawValue >= ticks.connectionAge { return .completed }
    return nil
  }

  mutating func directive(closes: Bool) -> ConnectionDirective {
    if closes { return .close }
    if let announcedTimeout { return .keepAliveTimeout(seconds: announcedTimeout) }
    // A switch: `==` of an enumeration of another module goes through its witness table, 70 instructions.
    switch head.version {
    case .http10: return .keepAlive
    case .http11: return .implicit
    }
  }

  private mutating func setSource(_ body: Response.Body, _ outbox: Index<Outbox>) {
    switch body {
    case .none: break
    case .text(let text):
      outboxes[outbox].follow(with: .bytes(Array(text.utf8)), 0..<text.utf8.count)
    case .bytes(let bytes):
      outboxes[outbox].follow(with: .bytes(bytes), 0..<bytes.count)
    case .shared(let bytes):
      outboxes[outbox].follow(with: .shared(bytes), 0..<bytes.count)
    case .rendered(let bytes, _):
      outboxes[outbox].follow(with: .shared(bytes), bytes.firstPartBytes..<bytes.count)
    case .received(let buffer, let count):
      outboxes[outbox].follow(with: .chunk(BodyChunk(buffer, 0..<count)), 0..<count)
    case .part(let part):
      outboxes[outbox].follow(with: .shared(part.whole), part.range)
    case .file(let file):
      let copies = file.range.count <= limits.copiedFileBytes || !file.source.tellsResidency
      outboxes[outbox].follow(with: .file(file.source, copies: copies), file.range)
    case .pending: preconditionFailure("an answer that is not there yet")
    }
  }
}

extension Response {
  /// Takes the bytes of a shared body, which may have no other user, to be used again.
  @inline(__always)
  fileprivate mutating func takeSharedBytes() -> SharedBytes? {
    guard case .shared(let bytes) = body else { return nil }
    body = .none
    return bytes
  }

  package static func refusal(_ status: Status, _ explanation: String) -> Response {
    Response(
      status: status, mediaType: .text, body: .text("\(status.code) \(status.reason): \(explanation)\n"))
  }
}

extension Limits {
  /// The body is copied after its head; any other body is sent in place, and nothing is queued after it.
  func copies(_ body: borrowing Response.Body) -> Bool {
    !body.isFile && body.count <= UInt64(copiedBodyBytes)
  }
}

extension Response.Body {
  var isFile: Bool {
    if case .file = self { true } else { false }
  }

  fileprivate var isNone: Bool {
    if case .none = self { true } else { false }
  }

  /// Appends a body that is in memory.
  @inline(__always)
  func copy(into output: inout OutputSpan<UInt8>) {
    switch self {
    case .none: break
    case .text(let text): output.append(copying: text.utf8.span)
    case .bytes(let bytes): output.append(copying: bytes.span)
    case .shared(let bytes): output.append(copying: bytes.span)
    case .rendered(let bytes, _):
      output.append(copying: bytes.span.extracting(droppingFirst: bytes.firstPartBytes))
    case .received(let buffer, let count): output.append(copying: buffer.bytes(0..<count))
    case .part(let part):
      let whole = part.whole
      output.append(copying: whole.span.extracting(part.range))
    case .file, .pending: preconditionFailure("a body that is not in memory")
    }
  }
}
