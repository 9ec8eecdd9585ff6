// Exchange: where a core's connections and its tasks meet. One per request whose handler may suspend: the
// request's copy on one side, the answer on the other. The handler's task writes to it, the reactor reads it
// after running jobs; both are the same thread, so nothing is locked. A task never touches a connection.

import ApusRing
package import ApusWire

/// Answers a request, and may suspend.
package typealias AsynchronousHandler = @Sendable (borrowing Request) async throws -> Response

/// An asynchronous handler and the rules for its answers; one object, as every request's task keeps it.
package final class AsynchronousEndpoint {
  let handler: AsynchronousHandler
  let rules: AnswerRules

  package init(_ handler: @escaping AsynchronousHandler, _ rules: AnswerRules) {
    self.handler = handler
    self.rules = rules
  }
}

/// One asynchronous request. Pooled: claimed when its handler starts, given back when the handler has ended
/// and the answer was taken or is nobody's any more.
@safe package final class Exchange: @unchecked Sendable {
  // Safety of the unchecked conformance: only the core's thread uses it. Other threads pass it to the inbox.

  unowned let pool: ExchangePool
  /// Tells the core's thread from others.
  let core: UInt
  /// Another for each request that it serves.
  private(set) var serial: UInt64 = 0
  let copy = RequestCopy()

  /// Where its answer goes; nil until the handler has suspended once.
  private(set) var seat: ExchangeSeat?
  /// The handler's task, while it may have to be cancelled.
  private var task: Task<Void, Never>?
  /// The task that runs the handlers of this exchange's requests, one after another, and
  /// where it waits for the next.
  private(set) var ownTask: Task<Void, Never>?
  private var parked = Waiter()
  /// What it runs next.
  private var endpoint: AsynchronousEndpoint?
  /// It waits for another request rather than end.
  private var keepsTask = false
  private var response: Response?
  /// For its answers. Kept beyond the request: the next is mostly for the same route.
  private var rules: AnswerRules?
  /// The answer has passed them: it is being given.
  private(set) var isSettled = false
  /// Whoever is to know of it knows how the answer ended.
  private(set) var isTold = false
  /// The handler has ended.
  var isFinished = false
  /// Nobody waits for an answer: the connection is gone, or has it.
  private(set) var isAbandoned = false
  /// The answer was given in full.
  private(set) var isDelivered = false
  /// The handler gave the answer up when some of it had left, and the connection was reset for that.
  var wasGivenUp = false
  /// Listed for the reactor.
  var isListed = false
  var startedAt = Tick(rawValue: 0)
  /// The status of the answer that a streaming handler has sent, or begun.
  package internal(set) var sentStatus: Status?
  /// Its handler reads the body and writes the answer itself.
  private(set) var isStreaming = false
  /// The answer is a stream without an end of its own, such as events: the core ends it when it drains,
  /// unless that is left to the handler, and when the client sends no more.
  package internal(set) var endless = Endless.no
  /// The connection speaks another protocol now.
  var isUpgraded = false
  var inflow = Inflow()
  var outflow = Outflow()
  /// The relay that answers in a handler's place; told when the connection goes.
  var relay = Waiter()
  /// What a relay within a task leaves to that to answer.
  var substitute: RelaySubstitute?
  /// A relay has taken some of the body: no other can.
  var bodyWasTaken = false

  init(_ pool: ExchangePool) {
    self.pool = pool
    core = pool.executor.core
  }

  // MARK: the task's side

  /// The whole life of the exchange's task. One that has been cancelled stays so, and serves nobody else.
  nonisolated(nonsending) func serve() async {
    while let endpoint = endpoint.take() {
      await run(endpoint)
      guard keepsTask, !Task.isCancelled else { break }
      await Waiter.suspend { parked = $0 }
    }
    ownTask = nil
  }

  @inline(__always)
  nonisolated(nonsending) private func run(_ endpoint: AsynchronousEndpoint) async {
    let copy = copy
    do {
      response = try await endpoint.handler(copy.request)
    } catch {
      didThrow(error)
    }
    didEnd()
  }

  /// Apart from `run`, whose frame lives in the task: with another view of the request in it, it outgrew the
  /// memory that a task comes with, at two allocations. A client that has gone is told nothing, and what its
  /// handler makes of that is no news.
  @inline(never)
  private func didThrow(_ error: any Error) {
    response = isAbandoned ? .empty(.internalServerError) : refuse(error)
  }

  @inline(never)
  private func didEnd() {
    isFinished = true
    if seat == nil, !isAbandoned { return }
    task = nil
    pool.list(self)
  }

  // MARK: the connection's side

  /// Its task waits for a request.
  var isParked: Bool { parked.isWaiting }

  /// What its task is to run, and whether it is to wait for more afterwards.
  func prepare(_ endpoint: AsynchronousEndpoint, keepsTask: Bool) {
    self.endpoint = endpoint
    self.keepsTask = keepsTask
    adopt(endpoint.rules)
  }

  /// The rules for the answer to the request that it was claimed for.
  func adopt(_ rules: AnswerRules) {
    if self.rules !== rules { self.rules = rules }
  }

  /// Has the parked task go on: to the handler it was prepared for, or to its end.
  func resumeTask() {
    // Taken out first: to change it in place is checked for overlapping access.
    var waiter = parked
    parked = Waiter()
    waiter.resume()
  }

  func own(_ task: Task<Void, Never>) {
    if isParked || !isFinished { ownTask = task }
  }

  /// How long this request's answer may take, in ticks, if the route says so.
  var answerTicks: UInt64? { rules?.answerTicks }

  /// Somebody wants to see the answer before it is given.
  var changesAnswers: Bool { rules?.changesAnswers ?? false }

  /// The answer to an error, made from the one that is given if there is one.
  func refuse(_ error: any Error, from given: Response? = nil) -> Response {
    guard let rules else { return .plain(.internalServerError) }
    isTold = true
    let copy = copy
    return rules.refuse(error, from: given, copy.request)
  }

  /// An error that its task has answered in a way of its own.
  func noteAnswered(_ error: any Error, by status: Status) {
    isTold = true
    let copy = copy
    rules?.tell(error, copy.request, status, hasBegun: false)
  }

  /// The answer as it is sent, seen once by whoever wants to see it. True if another took its place.
  @discardableResult
  func settle(_ response: inout Response) -> Bool {
    guard let rules, !isSettled else { return false }
    isSettled = true
    let copy = copy
    return rules.settle(&response, copy.request, switches: isUpgraded)
  }

  /// An error that comes too late to be answered; nil for a handler that ended without saying why.
  func tell(_ error: (any Error)?) {
    guard let rules, error != nil || !isTold else { return }
    // A stream that its core has ended is no error, nor is what its handler makes of that: whatever it
    // waited for was cancelled.
    if outflow.wasEnded { return }
    isTold = true
    let copy = copy
    rules.tell(error ?? AnswerError.unfinished, copy.request, sentStatus ?? .ok, hasBegun: true)
  }

  /// The handler has suspended: the task that runs it, the exchange's own or another,
  /// may have to be cancelled.
  func attach(_ task: Task<Void, Never>?) { self.task = task }

  /// The connection waits for the answer.
  func attach(_ seat: ExchangeSeat, at tick: Tick) {
    self.seat = seat
    startedAt = tick
  }

  /// The request's body is for the handler to read, if it is not all here.
  func beginStreaming(_ request: borrowing Request) {
    begin(request)
    let count = request.body.count
    if count > 0, inflow.expectedCount == UInt64(count) { inflow.append(copying: request.body) }
  }

  /// As `beginStreaming`, where a relay answers: it has taken what is here of the body.
  func beginRelaying(_ request: borrowing Request) { begin(request) }

  private func begin(_ request: borrowing Request) {
    isStreaming = true
    inflow.expectedCount = request.head.contentCount
    if inflow.expectedCount != UInt64(request.body.count) { inflow.ending = nil }
    inflow.owesContinue = request.head.expectsContinue && inflow.ending == nil
  }

  /// The connection has something to do for it.
  var wantsService: Bool { inflow.isWanted || outflow.state != .none || isFinished }

  /// The answer was delivered. The handler may go on; what it still reads or writes is nobody's.
  func leave() {
    seat = nil
    isAbandoned = true
    isDelivered = true
    inflow.end(.failed(.answered))
    outflow.drop()
    relay.resume()
  }

  /// The connection goes. The task is cancelled; the exchange lives until it has ended.
  func abandon() {
    seat = nil
    isAbandoned = true
    inflow.end(.failed(.connectionLost))
    outflow.drop()
    relay.resume()
    cancelTask()
  }

  /// Cancelling runs the handler's own code, which may do anything but come back here.
  func cancelTask() { task.take()?.cancel() }

  /// The task was cancelled on another thread while it waited for this exchange.
  func didCancel() {
    inflow.resume()
    outflow.resume()
  }

  /// The answer, once.
  func takeResponse() -> Response {
    guard let response = response.take() else { preconditionFailure("an exchange without an answer") }
    return response
  }

  /// The answer of a handler that has ended before anybody waited for it; the exchange is
  /// ready for the next request.
  func takeResponseAtOnce() -> Response {
    isFinished = false
    isTold = false
    copy.forget()
    return takeResponse()
  }

  /// Ready for the next request.
  func reset() {
    copy.forget()
    seat = nil
    task = nil
    response = nil
    isSettled = false
    isTold = false
    sentStatus = nil
    isFinished = false
    isAbandoned = false
    isDelivered = false
    guard isStreaming else { return }
    serial += 1
    isStreaming = false
    isUpgraded = false
    endless = .no
    wasGivenUp = false
    relay = Waiter()
    substitute = nil
    bodyWasTaken = false
    inflow = Inflow()
    outflow = Outflow()
  }
}
