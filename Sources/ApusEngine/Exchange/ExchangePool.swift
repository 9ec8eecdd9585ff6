// ExchangePool: a core's exchanges. Starting a handler as a task, keeping what has ended for the next
// request, and the list of those that changed, for the reactor to work off.

import ApusWire

/// One core's exchanges. For the core's thread alone.
package final class ExchangePool {
  let executor: CoreExecutor
  /// Tells handlers that the core is to end.
  package let drain = DrainSignal()
  /// Part of the core's counters, see there; here, where handlers count, too.
  package var errorCount: UInt64 = 0

  /// In a cell, as each request looks at all of them, several times.
  private let lists = Cell(Lists())

  private struct Lists {
    var changed = Queue<Exchange>()
    /// For later requests.
    var spare: [Exchange] = []
    var heldCount = 0
    /// Tasks wait for the next request when their handler has ended.
    var keepsTasks = false
  }

  /// Exchanges that are kept for later requests.
  private static let spareLimit = 256

  init(_ executor: CoreExecutor) { self.executor = executor }

  /// Exchanges whose handler has not ended, or whose answer was not taken yet.
  package var heldCount: Int { lists.value.heldCount }

  /// Exchanges have changed. One load.
  @inline(__always)
  var hasChanged: Bool { !lists.value.changed.isEmpty }

  /// Starts `handler` in place. If it has ended by itself when it first returns, its answer comes back as any
  /// other; else what comes back stands for the answer, and the engine waits for it.
  ///
  /// Cost: a copy of the head and a task, which the core keeps for later requests.
  package func answer(_ request: borrowing Request, _ endpoint: AsynchronousEndpoint) -> Response {
    let exchange = claim()
    exchange.copy.take(request)
    let mayGoOn = executor.nothingIsReady
    start(exchange, endpoint)
    // It suspended, and is the only one to go on: it may do so at once, and is spared
    // the way through the turn.
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
    exchange.prepare(endpoint, keepsTask: lists.value.keepsTasks)
    if exchange.isParked {
      resume(exchange)
    } else {
      // Not detached: a test's own task locals are seen by the handlers that it drives.
      exchange.own(Task.immediate(executorPreference: executor) { await exchange.serve() })
    }
  }

  /// Has a parked task go on here and now, whatever else is ready.
  private func resume(_ exchange: Exchange) {
    executor.runAtOnce { exchange.resumeTask() }
  }

  /// From here on a task outlives its handler and waits for its exchange's next: resumed it costs a third
  /// less than a new one. Until `endTasks`.
  package func keepTasks() { lists.value.keepsTasks = true }

  /// Ends the tasks that wait for requests; each keeps the executor until then. When the
  /// core has no more requests.
  package func endTasks() {
    lists.value.keepsTasks = false
    for exchange in lists.value.spare where exchange.isParked { resume(exchange) }
  }

  /// A yield is two jobs: the runtime's, which makes the task ready, and the task.
  @inline(__always)
  private func goOn(_ exchange: Exchange) {
    var left = 2
    while left > 0, !exchange.isFinished, !executor.nothingIsReady {
      executor.run(atMost: 1)
      left -= 1
    }
  }

  /// The same for a handler that reads the body itself and writes its answer as it comes. What comes back
  /// always stands for the answer.
  package func stream(
    _ request: borrowing Request, _ rules: AnswerRules, _ handler: @escaping ExchangeHandler
  ) -> Response {
    let exchange = claim()
    exchange.copy.take(request)
    exchange.adopt(rules)
    exchange.beginStreaming(request)
    let task = Task.immediate(executorPreference: executor) { await exchange.run(streaming: handler) }
    if !exchange.isFinished { exchange.attach(task) }
    return Response(pending: exchange)
  }

  func claim() -> Exchange {
    lists.value.heldCount += 1
    return lists.value.spare.popLast() ?? Exchange(self)
  }

  func release(_ exchange: Exchange) {
    exchange.reset()
    keep(exchange)
  }

  private func keep(_ exchange: consuming Exchange) {
    precondition(heldCount > 0, "an exchange was released twice")
    lists.value.heldCount -= 1
    if lists.value.spare.count < Self.spareLimit, lists.value.keepsTasks || !exchange.isParked {
      lists.value.spare.append(consume exchange)
    } else if exchange.isParked {
      resume(exchange)
    }
  }

  /// Lists an exchange for the reactor.
  func list(_ exchange: Exchange) {
    guard !exchange.isListed else { return }
    exchange.isListed = true
    lists.value.changed.append(exchange)
  }

  /// Hands out the exchanges that have changed so far; what `body` lists anew waits for the next call.
  func workOffChanged(_ body: (Exchange) -> Void) {
    var left = lists.value.changed.count
    while left > 0, let exchange = lists.value.changed.popFirst() {
      left -= 1
      exchange.isListed = false
      body(exchange)
    }
  }
}
