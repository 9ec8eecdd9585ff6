// The handler's side of a streamed request: reading the body and writing the response. Each action lists the
// exchange for the reactor; nothing here touches a connection.

package import ApusWire

/// Handles a request and streams its body and its response.
package typealias ExchangeHandler = @Sendable (borrowing Request, Exchange) async throws -> Void

extension Exchange {
  /// The whole body of a streaming handler's task.
  nonisolated(nonsending) func run(streaming handler: ExchangeHandler) async {
    let copy = copy
    do {
      // One cancellation handler for all waits: only this task can wait for the two bodies.
      try await withTaskCancellationHandler {
        try await handler(copy.request, self)
      } onCancel: {
        pool.executor.perform { self.didCancel() }
      }
      didReturn(nil)
    } catch {
      didReturn(error)
    }
    isFinished = true
    if seat != nil || isAbandoned { pool.list(self) }
  }

  /// Settles the response of an ended handler: if it was not begun, the handler failed; half a response is
  /// aborted. A response whose head still waits counts as not begun, so an error can still replace it. If the
  /// client has gone, the handler's error is not reported, except why it gave up its response, even if it
  /// says so late.
  private func didReturn(_ error: (any Error)?) {
    if isAbandoned {
      if wasGivenUp {
        if !isTold { tell(error.flatMap { $0.followsFromTheReset ? nil : $0 }) }
      } else if isDelivered, let error, !error.saysThatItIsOver {
        tell(error)
      }
      return
    }
    switch outflow.state {
    case .whole, .finished:
      if let error, !error.saysThatItIsOver { tell(error) }
    case .streaming where outflow.headIsWritten:
      tell(error)
      abort()
    case .aborted where outflow.headIsWritten:
      tell(error)
    case .none, .streaming, .aborted:
      outflow.head = nil
      outflow.whole = refuse(error ?? AnswerError.unfinished)
      outflow.state = .whole
    }
  }

  // MARK: reading

  /// The next piece of the body; nil at its end. Suspends until there is a piece.
  package func read() async throws -> BodyChunk? {
    pool.executor.preconditionCurrent("a body is read on its core")
    while true {
      if let chunk = inflow.next() { return chunk }
      switch inflow.ending {
      case .whole: return nil
      case .failed(let error): throw error
      case nil: break
      }
      try Task.checkCancellation()
      await waitForInput()
    }
  }

  private func waitForInput() async {
    await Waiter.suspend { waiter in
      precondition(!inflow.waiter.isWaiting, "a body is read twice at once")
      inflow.waiter = waiter
      pool.list(self)
    }
  }

  package var trailers: [ResponseField] { inflow.trailers }
  package var expectedBodyCount: UInt64? { inflow.expectedCount }

  // MARK: responding

  /// Responds with a body of known length. A second response is not sent but reported.
  package func send(_ response: Response) {
    guard outflow.state == .none else { return tellOfSecondAnswer() }
    guard seat != nil || !isAbandoned else { return }
    outflow.whole = response
    sentStatus = response.status
    outflow.state = .whole
    if seat != nil { pool.list(self) }
  }

  private func tellOfSecondAnswer() {
    if !isAbandoned || isDelivered { tell(AnswerError.answered) }
  }

  /// Begins a response whose content follows.
  package func start(_ head: Response, length: UInt64?) throws {
    // RFC 9110 sections 5.5 and 15: the final response needs a valid status, not an interim one, and valid
    // field lines.
    if let fault = head.fault { throw fault }
    try begin(head, length: length)
  }

  private func begin(_ head: Response, length: UInt64?) throws {
    guard outflow.state == .none else { throw AnswerError.answered }
    if isAbandoned { throw AnswerError.connectionLost }
    outflow.head = head
    sentStatus = head.status
    outflow.announced = length
    outflow.state = .streaming
    if seat != nil { pool.list(self) }
  }

  /// Switches to a protocol that the client has offered (RFC 9110 section 7.8): from now on bytes flow both
  /// ways, without framing.
  package func upgrade(to name: String, fields: [ResponseField]) throws {
    let copy = copy
    guard copy.head.upgradeRequested, copy.head.framing == .none, copy.request.offersProtocols(name),
      let upgrade = ResponseField(name: "Upgrade", value: name)
    else { throw AnswerError.noUpgrade }
    if let refused = fields.first(where: \.isRefused) { throw AnswerError.invalidField(refused.name) }
    let lines = [ResponseField("Connection", "Upgrade"), upgrade]
    try begin(Response(status: .switchingProtocols, fields: lines + fields), length: nil)
    isUpgraded = true
    inflow.ending = nil
    inflow.expectedCount = nil
  }

  package func write(_ chunk: BodyChunk) async throws {
    try check(chunk.count)
    outflow.give(chunk)
    try await didWrite()
  }

  package func write(copying bytes: Span<UInt8>) throws {
    try check(bytes.count)
    outflow.give(copying: bytes)
    pool.list(self)
  }

  /// Waits until there is room for more.
  package func didWrite() async throws {
    pool.list(self)
    while !outflow.isRoomy, outflow.state == .streaming {
      try Task.checkCancellation()
      await waitForRoom(orFlush: false)
    }
    try checkGoesOn()
  }

  /// Waits until the kernel has taken all written bytes.
  package func flush() async throws {
    pool.list(self)
    while !outflow.isFlushed, outflow.state == .streaming {
      try Task.checkCancellation()
      await waitForRoom(orFlush: true)
    }
    try checkGoesOn()
  }

  private func check(_ count: Int) throws {
    pool.executor.preconditionCurrent("an answer is written on its core")
    try checkGoesOn()
    guard outflow.state == .streaming else { throw AnswerError.lengthMismatch }
    if let announced = outflow.announced, outflow.given + UInt64(count) > announced {
      abort()
      throw AnswerError.lengthMismatch
    }
  }

  /// The response still has a client, and its handler is to end it.
  private func checkGoesOn() throws {
    if outflow.wasEnded { throw CancellationError() }
    if isAbandoned || outflow.isReplaced { throw AnswerError.connectionLost }
  }

  private func waitForRoom(orFlush: Bool) async {
    await Waiter.suspend { waiter in
      precondition(!outflow.waiter.isWaiting, "an answer is written twice at once")
      outflow.waiter = waiter
      outflow.waitsForFlush = orFlush
      pool.list(self)
    }
  }

  /// Ends the content. Trailers are sent only with chunked framing.
  package func finish(trailers: [ResponseField]) throws {
    if outflow.wasEnded { return }
    if isAbandoned || outflow.isReplaced { throw AnswerError.connectionLost }
    guard outflow.state == .streaming else { throw AnswerError.lengthMismatch }
    if let refused = trailers.first(where: \.isRefused) {
      abort()
      throw AnswerError.invalidField(refused.name)
    }
    if let announced = outflow.announced, outflow.given != announced, copy.head.method != .head {
      abort()
      throw AnswerError.lengthMismatch
    }
    outflow.trailers = trailers
    outflow.state = .finished
    pool.list(self)
  }

  /// Ends the content early: the connection is reset, so no client takes a truncated response for a whole
  /// one.
  package func abort() {
    guard outflow.state == .streaming else { return }
    outflow.state = .aborted
    pool.list(self)
  }
}

extension Error {
  /// The request has its response already, so the error is not worth a report.
  fileprivate var saysThatItIsOver: Bool {
    self as? BodyError == .answered || self as? AnswerError == .connectionLost
  }

  /// The handler met this error because it continued after giving up its response, so it does not explain
  /// why.
  fileprivate var followsFromTheReset: Bool {
    self is CancellationError || self as? BodyError == .connectionLost || saysThatItIsOver
  }
}
