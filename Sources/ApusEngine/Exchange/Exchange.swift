// Exchange: where a core's connections and its tasks meet. One per request whose handler may suspend: the request's copy on
// one side, the answer on the other. The handler's task writes to it, the reactor reads it after running jobs; both
// are the same thread, so nothing is locked. A task never touches a connection.

import ApusRing
package import ApusWire

/// Answers a request, and may suspend.
package typealias AsynchronousHandler = @Sendable (borrowing Request) async throws -> Response

/// An asynchronous handler and what its errors come to; one object, as every request's task keeps it.
package final class AsynchronousEndpoint: Sendable {
  let handler: AsynchronousHandler
  let refuse: @Sendable (any Error) -> Response

  package init(_ handler: @escaping AsynchronousHandler, refuse: @escaping @Sendable (any Error) -> Response)
  {
    self.handler = handler
    self.refuse = refuse
  }
}

/// One asynchronous request. Pooled: claimed when its handler starts, given back when the handler has ended and the answer
/// was taken or is nobody's any more.
@safe package final class Exchange: @unchecked Sendable {
  // Safety of the unchecked conformance: only the core's thread uses it. Other threads pass it to the inbox.

  unowned let executor: CoreExecutor
  /// Tells the executor's thread from others without it.
  let core: UInt
  /// Another for each request that it serves.
  private(set) var serial: UInt64 = 0
  let copy = RequestCopy()

  /// The connection that waits for the answer; nil until the handler has suspended once.
  private(set) var slot: Slot?
  /// The handler's task, while it may have to be cancelled.
  private var task: Task<Void, Never>?
  /// The task that runs the handlers of this exchange's requests, one after another, and where it waits for the next.
  private(set) var ownTask: Task<Void, Never>?
  private var parked = Waiter()
  /// What it runs next.
  private var endpoint: AsynchronousEndpoint?
  /// It waits for another request rather than end.
  private var keepsTask = false
  private var response: Response?
  /// What others do to the answer before it is given.
  private var finishing: ((borrowing Request, inout Response) -> Void)?
  /// The handler has ended.
  var isFinished = false
  /// The connection is gone: the answer is nobody's.
  private(set) var isAbandoned = false
  /// Listed for the reactor.
  var isListed = false
  var startedAt = Tick(rawValue: 0)
  /// How long this request's answer may take, in ticks, if the route says so.
  private(set) var answerTicks: UInt64?
  /// Of the answer that a streaming handler has sent, or begun.
  package internal(set) var sentStatus: Status?
  /// Its handler reads the body and writes the answer itself.
  private(set) var isStreaming = false
  /// The connection speaks another protocol now.
  var isUpgraded = false
  var inflow = Inflow()
  var outflow = Outflow()
  /// The relay that answers in a handler's place; told when the connection goes.
  var relay = Waiter()
  /// What a relay within a task leaves to that to answer.
  var substitute: Response?
  /// A relay has taken some of the body: no other can.
  var bodyWasTaken = false

  init(_ executor: CoreExecutor) {
    self.executor = executor
    core = executor.identity
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
      response = endpoint.refuse(error)
    }
    didEnd()
  }

  /// Apart from `run`, whose frame lives in the task: with another view of the request in it, it outgrew the memory that a
  /// task comes with, at two allocations.
  @inline(never)
  private func didEnd() {
    if finishing != nil, var response = response.take() {
      change(&response)
      self.response = response
    }
    isFinished = true
    if slot == nil, !isAbandoned { return }
    task = nil
    executor.list(self)
  }

  // MARK: the connection's side

  /// Its task waits for a request.
  var isParked: Bool { parked.isWaiting }

  /// What its task is to run, and whether it is to wait for more afterwards.
  func prepare(_ endpoint: AsynchronousEndpoint, keepsTask: Bool) {
    self.endpoint = endpoint
    self.keepsTask = keepsTask
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

  /// Has `body` change the answer's head once it is there, or now: a streaming handler may have sent it already, and the
  /// reactor has not seen it yet.
  package func onAnswer(_ body: @escaping (borrowing Request, inout Response) -> Void) {
    finishing = body
    if outflow.head != nil { change(&outflow.head!) }
    if outflow.whole != nil { change(&outflow.whole!) }
  }

  /// Bounds how long the answer may take, whatever the server's own bound is. Before the handler's first suspension is known.
  package func limit(to duration: Duration) { answerTicks = Tick.count(in: duration) }

  /// Lets those who asked for it change an answer.
  func change(_ response: inout Response) {
    guard let finishing else { return }
    let copy = copy
    finishing(copy.request, &response)
  }

  /// The same for an answer that the handler's own will not follow.
  func changeLast(_ response: inout Response) {
    change(&response)
    finishing = nil
  }

  /// The handler has suspended: the task that runs it, the exchange's own or another, may have to be cancelled.
  func attach(_ task: Task<Void, Never>?) { self.task = task }

  /// The connection at `slot` waits for the answer.
  func attach(_ slot: Slot, at tick: Tick) {
    self.slot = slot
    startedAt = tick
  }

  /// The request's body is for the handler to read, if it is not all here.
  func beginStreaming(_ request: borrowing Request) {
    isStreaming = true
    let count = request.body.count
    switch request.head.framing {
    case .none: inflow.expectedCount = 0
    case .length(let length):
      inflow.expectedCount = length
      if UInt64(count) == length { inflow.append(copying: request.body) } else { inflow.ending = nil }
    case .chunked:
      inflow.ending = nil
    }
    inflow.owesContinue = request.head.expectsContinue && inflow.ending == nil
  }

  /// The same where a relay answers: what is here of the body it has taken itself.
  func beginRelaying(_ request: borrowing Request) {
    isStreaming = true
    switch request.head.framing {
    case .none: inflow.expectedCount = 0
    case .length(let length):
      inflow.expectedCount = length
      if UInt64(request.body.count) != length { inflow.ending = nil }
    case .chunked: inflow.ending = nil
    }
    inflow.owesContinue = request.head.expectsContinue && inflow.ending == nil
  }

  /// Others may change the answer before it is given.
  var hasChanges: Bool { finishing != nil }

  /// The connection has something to do for it.
  var wantsService: Bool { inflow.isWanted || outflow.state != .none || isFinished }

  /// The answer was delivered. The handler may go on; what it still reads or writes is nobody's.
  func leave() {
    slot = nil
    isAbandoned = true
    inflow.end(.failed(.answered))
    outflow.drop()
  }

  /// The connection goes. The task is cancelled; the exchange lives until it has ended.
  func abandon() {
    slot = nil
    isAbandoned = true
    inflow.end(.failed(.connectionLost))
    outflow.drop()
    relay.resume()
    // Cancelling runs the handler's own code, which may do anything but come back here.
    task.take()?.cancel()
  }

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

  /// The answer of a handler that has ended before anybody waited for it; the exchange is ready for the next request.
  func takeResponseAtOnce() -> Response {
    isFinished = false
    copy.forget()
    return takeResponse()
  }

  /// Ready for the next request.
  func reset() {
    copy.forget()
    slot = nil
    task = nil
    response = nil
    finishing = nil
    answerTicks = nil
    sentStatus = nil
    isFinished = false
    isAbandoned = false
    guard isStreaming else { return }
    serial += 1
    isStreaming = false
    isUpgraded = false
    relay = Waiter()
    substitute = nil
    bodyWasTaken = false
    inflow = Inflow()
    outflow = Outflow()
  }
}
