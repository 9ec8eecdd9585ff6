// ExchangePool: a core's exchanges. It starts handlers as tasks, keeps ended exchanges for later requests and
// lists the changed ones for the reactor.

import ApusWire

/// One core's exchanges. For the core's thread alone.
package final class ExchangePool {
  let executor: CoreExecutor
  /// Tells handlers that the core is to end.
  package let drain = DrainSignal()
  /// Part of the core's counters (`Counters.errors`); kept here because handlers count errors too.
  package var errorCount: UInt64 = 0

  /// In a cell, since each request reads all of them several times.
  private let lists = Cell(Lists())

  private struct Lists {
    var changed = Queue<Exchange>()
    /// Exchanges that are kept for later requests.
    var spare: [Exchange] = []
    var heldCount = 0
    /// Tasks wait for the next request when their handler has ended.
    var keepsTasks = false
  }

  /// Most exchanges that are kept for later requests.
  private static let spareLimit = 256

  init(_ executor: CoreExecutor) { self.executor = executor }

  /// Exchanges whose handler has not ended, or whose response was not taken yet.
  package var heldCount: Int { lists.value.heldCount }

  /// Some exchanges have changed. One load.
  @inline(__always)
  var hasChanged: Bool { !lists.value.changed.isEmpty }

  /// Starts `handler` in place. If it ends at once, its response is returned as any other; otherwise a
  /// placeholder is returned, and the engine waits for the response.
  ///
  /// Cost: a copy of the head and a task, which the core keeps for later requests.
  package func answer(_ request: borrowing Request, _ endpoint: AsynchronousEndpoint) -> Response {
    let exchange = claim()
    exchange.copy.take(request)
    let mayGoOn = executor.nothingIsReady
    start(exchange, endpoint)
    // The task suspended and is the only one to be ready: it may continue at once and need not wait for its
    // turn.
    if mayGoOn { goOn(exchange) }
    if exchange.isFinished {
      let response = exchange.takeResponseAtOnce()
      keep(exchange)
      return response
    }
    exchange.attach(exchange.ownTask)
    return Response(pending: exchange)
  }

  /// Runs the handler to its first suspension, in the task that waits for it or in a new one.
  @inline(__always)
  private func start(_ exchange: Exchange, _ endpoint: AsynchronousEndpoint) {
    exchange.prepare(endpoint, keepsTask: lists.value.keepsTasks)
    if exchange.isParked {
      resume(exchange)
    } else {
      // Not detached: a test's task locals reach the handlers that it drives.
      exchange.own(Task.immediate(executorPreference: executor) { await exchange.serve() })
    }
  }

  /// Continues a parked task at once, before all jobs that are ready.
  private func resume(_ exchange: Exchange) {
    executor.runAtOnce { exchange.resumeTask() }
  }

  /// From here on a task outlives its handler and waits for its exchange's next request: resuming it costs a
  /// third less than a new task. Until `endTasks`.
  package func keepTasks() { lists.value.keepsTasks = true }

  /// Ends the tasks that wait for requests, each of which keeps the executor alive. To be called when the
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

  /// As `answer`, for a handler that reads the body itself and streams its response. The result is always a
  /// placeholder for the response.
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

  /// Calls `body` for the exchanges that have changed so far; those that `body` lists wait for the next call.
  func workOffChanged(_ body: (Exchange) -> Void) {
    var left = lists.value.changed.count
    while left > 0, let exchange = lists.value.changed.popFirst() {
      left -= 1
      exchange.isListed = false
      body(exchange)
    }
  }
}
