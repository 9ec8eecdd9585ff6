// Exchanges of one core: starting a handler as a task, and the list of those that changed for the reactor to work off.

import ApusWire

extension CoreExecutor {
  /// Exchanges that are kept for later requests.
  private static let spareLimit = 256

  /// Starts `handler` in place. If it has ended by itself when it first returns, its answer comes back as any other; else
  /// what comes back stands for the answer, and the engine waits for it.
  ///
  /// Cost: a copy of the head and a task, which the core keeps for later requests. For the core's thread.
  package func answer(_ request: borrowing Request, _ endpoint: AsynchronousEndpoint) -> Response {
    let exchange = claim()
    exchange.copy.take(request)
    let mayGoOn = nothingIsReady
    start(exchange, endpoint)
    // It suspended, and is the only one to go on: it may do so at once, and is spared the way through the turn.
    if mayGoOn { goOn(exchange) }
    if exchange.isFinished {
      let response = exchange.takeResponseAtOnce()
      keep(exchange)
      return response
    }
    exchange.attach(exchange.ownTask)
    return Response(pending: exchange)
  }

  /// Runs the handler to its first suspension, by the task that waits for it or by a new one.
  @inline(__always)
  private func start(_ exchange: Exchange, _ endpoint: AsynchronousEndpoint) {
    exchange.prepare(endpoint, keepsTask: keepsTasks)
    if exchange.isParked {
      resume(exchange)
    } else {
      // Not detached: a test's own task locals are seen by the handlers that it drives.
      exchange.own(Task.immediate(executorPreference: self) { await exchange.serve() })
    }
  }

  /// Has a parked task go on here and now, whatever else is ready.
  private func resume(_ exchange: Exchange) {
    let job = enqueued(by: { exchange.resumeTask() })
    // Safety: the runtime handed the job over in `enqueue`; it is run once.
    unsafe job.runSynchronously(on: asUnownedTaskExecutor())
  }

  /// From here on a task outlives its handler and waits for its exchange's next: resumed it costs a third less than a new one.
  /// Until `endTasks`.
  package func keepTasks() { keepsTasks = true }

  /// Ends the tasks that wait for requests; each keeps this executor until then. For the core's thread, when it has no more.
  package func endTasks() {
    keepsTasks = false
    for exchange in spare where exchange.isParked { resume(exchange) }
  }

  /// A yield is two jobs: the runtime's, which makes the task ready, and the task.
  @inline(__always)
  private func goOn(_ exchange: Exchange) {
    var left = 2
    while left > 0, !exchange.isFinished, !nothingIsReady {
      run(atMost: 1)
      left -= 1
    }
  }

  /// The same for a handler that reads the body itself and writes its answer as it comes. What comes back always stands for
  /// the answer.
  package func stream(
    _ request: borrowing Request, _ rules: AnswerRules, _ handler: @escaping StreamingHandler
  ) -> Response {
    let exchange = claim()
    exchange.copy.take(request)
    exchange.adopt(rules)
    exchange.beginStreaming(request)
    let task = Task.immediate(executorPreference: self) { await exchange.run(streaming: handler) }
    if !exchange.isFinished { exchange.attach(task) }
    return Response(pending: exchange)
  }

  func claim() -> Exchange {
    heldExchanges += 1
    return spare.popLast() ?? Exchange(self)
  }

  func release(_ exchange: Exchange) {
    exchange.reset()
    keep(exchange)
  }

  private func keep(_ exchange: consuming Exchange) {
    precondition(heldExchanges > 0, "an exchange was released twice")
    heldExchanges -= 1
    if spare.count < Self.spareLimit, keepsTasks || !exchange.isParked {
      spare.append(consume exchange)
    } else if exchange.isParked {
      resume(exchange)
    }
  }

  /// Lists an exchange for the reactor.
  func list(_ exchange: Exchange) {
    guard !exchange.isListed else { return }
    exchange.isListed = true
    changed.append(exchange)
    noteWork()
  }

  /// Hands out the exchanges that have changed so far; what `body` lists anew waits for the next call.
  func workOffChanged(_ body: (Exchange) -> Void) {
    var left = changed.count
    while left > 0, let exchange = changed.popFirst() {
      left -= 1
      exchange.isListed = false
      body(exchange)
    }
    lookForWork()
  }
}
