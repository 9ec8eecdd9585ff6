// Exchange: links a core's connection and a handler's task. Each request whose handler may suspend has one,
// with its copy and its response. The task writes to it and the reactor reads it after running jobs; both use
// the same thread, so there is no lock. A task never touches a connection.

import ApusRing
package import ApusWire

/// Responds to a request, and may suspend.
package typealias AsynchronousHandler = @Sendable (borrowing Request) async throws -> Response

/// An asynchronous handler and the rules for its responses; one object, since each request's task keeps it.
package final class AsynchronousEndpoint {
  let handler: AsynchronousHandler
  let rules: AnswerRules

  package init(_ handler: @escaping AsynchronousHandler, _ rules: AnswerRules) {
    self.handler = handler
    self.rules = rules
  }
}

/// One asynchronous request. Pooled: claimed when its handler starts, released when the handler has ended and
/// the response was taken or is no longer wanted.
@safe package final class Exchange: @unchecked Sendable {
  // Safety of the unchecked conformance: only the core's thread uses it. Other threads pass it to the inbox.

  unowned let pool: ExchangePool
  /// Tells the core's thread from others.
  let core: UInt
  /// A new number for each streamed request, see `HeldExchange`.
  private(set) var serial: UInt64 = 0
  let copy = RequestCopy()

  /// The destination of its response; nil until the handler has suspended once.
  private(set) var seat: ExchangeSeat?
  /// The handler's task, while it may have to be cancelled.
  private var task: Task<Void, Never>?
  /// The task that runs the handlers of this exchange's requests, one after another. While it waits for the
  /// next one, `parked` resumes it.
  private(set) var ownTask: Task<Void, Never>?
  private var parked = Waiter()
  /// The endpoint that the task runs next.
  private var endpoint: AsynchronousEndpoint?
  /// The task waits for another request instead of ending.
  private var keepsTask = false
  private var response: Response?
  /// Rules for its responses. Kept after the request, because the next one is mostly for the same route.
  private var rules: AnswerRules?
  /// The response was settled by the rules and is being sent.
  private(set) var isSettled = false
  /// The error that ended the response has been reported.
  private(set) var isTold = false
  /// The handler has ended.
  var isFinished = false
  /// No connection waits for a response: it is gone, or has the response.
  private(set) var isAbandoned = false
  /// The response was given completely.
  private(set) var isDelivered = false
  /// The handler gave up a response that was sent in part, and the connection was reset for that.
  var wasGivenUp = false
  /// In the list of changed exchanges.
  var isListed = false
  var startedAt = Tick(rawValue: 0)
  /// The status of the response that a streaming handler has sent or begun.
  package internal(set) var sentStatus: Status?
  /// Its handler reads the body and streams the response itself.
  private(set) var isStreaming = false
  /// Whether the response is a stream without an end of its own, such as events. The core ends it when the
  /// client sends no more, and at a drain unless that is left to the handler.
  package internal(set) var endless = Endless.no
  /// The connection now uses another protocol.
  var isUpgraded = false
  var inflow = Inflow()
  var outflow = Outflow()
  /// The relay that responds in a handler's place; resumed when the connection goes.
  var relay = Waiter()
  /// The response that a relay inside a task proposes to that task, if the relay failed.
  var substitute: RelaySubstitute?
  /// A relay has taken part of the body, so no other relay can.
  var bodyWasTaken = false

  init(_ pool: ExchangePool) {
    self.pool = pool
    core = pool.executor.core
  }

  // MARK: the task's side

  /// The whole body of the exchange's task. A cancelled task stays cancelled, so it serves no other request.
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

  /// Kept out of `run`, whose frame is in the task's memory: with another view of the request in it, the
  /// frame outgrew the memory of a new task, at two allocations. If the client has gone, the error is not
  /// reported.
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

  /// The task waits for a request.
  var isParked: Bool { parked.isWaiting }

  /// Sets the endpoint that the task runs next, and whether it waits for more requests afterwards.
  func prepare(_ endpoint: AsynchronousEndpoint, keepsTask: Bool) {
    self.endpoint = endpoint
    self.keepsTask = keepsTask
    adopt(endpoint.rules)
  }

  /// Sets the rules for the response to the request that the exchange was claimed for.
  func adopt(_ rules: AnswerRules) {
    if self.rules !== rules { self.rules = rules }
  }

  /// Resumes the parked task: for the prepared handler, or to end.
  func resumeTask() {
    // Taken out first: an access in place is checked for exclusivity.
    var waiter = parked
    parked = Waiter()
    waiter.resume()
  }

  func own(_ task: Task<Void, Never>) {
    if isParked || !isFinished { ownTask = task }
  }

  /// Time limit of this request's response in ticks, if the route has one.
  var answerTicks: UInt64? { rules?.answerTicks }

  /// Some hook looks at the response before it is given.
  var changesAnswers: Bool { rules?.changesAnswers ?? false }

  /// The response to an error, made from the given response if there is one.
  func refuse(_ error: any Error, from given: Response? = nil) -> Response {
    guard let rules else { return .plain(.internalServerError) }
    isTold = true
    let copy = copy
    return rules.refuse(error, from: given, copy.request)
  }

  /// Reports an error for which the task has made a response of its own.
  func noteAnswered(_ error: any Error, by status: Status) {
    isTold = true
    let copy = copy
    rules?.tell(error, copy.request, status, hasBegun: false)
  }

  /// Makes the response that is sent, once; see `AnswerRules.settle`. True if it was replaced.
  @discardableResult
  func settle(_ response: inout Response) -> Bool {
    guard let rules, !isSettled else { return false }
    isSettled = true
    let copy = copy
    return rules.settle(&response, copy.request, switches: isUpgraded)
  }

  /// Reports an error that comes too late for a response; nil if the handler ended without saying why.
  func tell(_ error: (any Error)?) {
    guard let rules, error != nil || !isTold else { return }
    // If the core ended the stream, that is no error, and neither is the handler's: its waits were cancelled.
    if outflow.wasEnded { return }
    isTold = true
    let copy = copy
    rules.tell(error ?? AnswerError.unfinished, copy.request, sentStatus ?? .ok, hasBegun: true)
  }

  /// The handler has suspended: its task, the exchange's own or another, may have to be cancelled.
  func attach(_ task: Task<Void, Never>?) { self.task = task }

  /// The connection waits for the response.
  func attach(_ seat: ExchangeSeat, at tick: Tick) {
    self.seat = seat
    startedAt = tick
  }

  /// The handler reads the request's body itself, unless all of it has arrived.
  func beginStreaming(_ request: borrowing Request) {
    begin(request)
    let count = request.body.count
    if count > 0, inflow.expectedCount == UInt64(count) { inflow.append(copying: request.body) }
  }

  /// As `beginStreaming`, for a relay: it has taken the part of the body that has arrived.
  func beginRelaying(_ request: borrowing Request) { begin(request) }

  private func begin(_ request: borrowing Request) {
    isStreaming = true
    inflow.expectedCount = request.head.contentCount
    if inflow.expectedCount != UInt64(request.body.count) { inflow.ending = nil }
    inflow.owesContinue = request.head.expectsContinue && inflow.ending == nil
  }

  /// The connection has to act for the exchange.
  var wantsService: Bool { inflow.isWanted || outflow.state != .none || isFinished }

  /// The response was delivered. The handler may continue; its further reads fail and its writes are dropped.
  func leave() {
    seat = nil
    isAbandoned = true
    isDelivered = true
    inflow.end(.failed(.answered))
    outflow.drop()
    relay.resume()
  }

  /// The connection ends. The task is cancelled; the exchange lives until the task has ended.
  func abandon() {
    seat = nil
    isAbandoned = true
    inflow.end(.failed(.connectionLost))
    outflow.drop()
    relay.resume()
    cancelTask()
  }

  /// Cancelling runs the handler's own code, which may do anything except call back into this.
  func cancelTask() { task.take()?.cancel() }

  /// The task was cancelled on another thread while it waited for this exchange.
  func didCancel() {
    inflow.resume()
    outflow.resume()
  }

  /// The response; to be taken once.
  func takeResponse() -> Response {
    guard let response = response.take() else { preconditionFailure("an exchange without an answer") }
    return response
  }

  /// The response of a handler that ended before a connection waited for it; the exchange is then ready for
  /// the next request.
  func takeResponseAtOnce() -> Response {
    isFinished = false
    isTold = false
    copy.forget()
    return takeResponse()
  }

  /// Makes the exchange ready for the next request.
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
