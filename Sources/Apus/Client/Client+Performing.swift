// The life of a request: its redirects, its attempts, and within an attempt a connection, the body, the head, the closure.
// Everything here runs on the core whose client is used.

import ApusEngine
import ApusRing
import ApusWire

extension Client {
  /// On the core whose client `core` is.
  nonisolated(nonsending) func perform<Value: Sendable>(
    _ request: ClientRequest, on core: ClientCore,
    _ use: @Sendable (borrowing ClientResponse, inout ResponseBody) async throws -> Value
  ) async throws -> Value {
    var plan = try RequestPlan(request, configuration)
    var redirects = 0
    let start = core.table.tick
    while true {
      let number = core.number(of: self, identity, policy)
      let index = core.table.begin(
        number, plan.key, plan.method, closesConnection: plan.closesConnection, since: start)
      let call = ClientCall(core: core, index: index, serial: core.table.serial(index))
      let result: Result<Passage<Value>, any Error>
      do {
        result = .success(
          try await withTaskCancellationHandler {
            try await exchange(call, plan, redirects, use)
          } onCancel: {
            core.cancel(call.index, serial: call.serial)
          })
      } catch {
        result = .failure(error)
      }
      call.finish()
      switch try result.get() {
      case .value(let value): return value
      case .redirect(let location):
        redirects += 1
        try plan.follow(location)
        note(.redirected(plan.url.text), plan)
      }
    }
  }

  /// What an exchange comes to.
  enum Passage<Value> {
    case value(Value)
    case redirect(Redirect)
  }

  /// A body that is written as it comes has a task of its own: the response may come, and be read, before it ends.
  private nonisolated(nonsending) func exchange<Value: Sendable>(
    _ call: ClientCall, _ plan: RequestPlan, _ redirects: Int,
    _ use: @Sendable (borrowing ClientResponse, inout ResponseBody) async throws -> Value
  ) async throws -> Passage<Value> {
    guard let (length, write) = plan.stream else { return try await answer(call, plan, redirects, use) }
    async let failure = stream(call, length, awaitsLeave: plan.expectsContinue, write)
    let result: Result<Passage<Value>, any Error>
    do { result = .success(try await answer(call, plan, redirects, use)) } catch { result = .failure(error) }
    call.stopBody()
    if let error = await failure { throw error }
    return try result.get()
  }

  private nonisolated(nonsending) func answer<Value: Sendable>(
    _ call: ClientCall, _ plan: RequestPlan, _ redirects: Int,
    _ use: @Sendable (borrowing ClientResponse, inout ResponseBody) async throws -> Value
  ) async throws -> Passage<Value> {
    try await respond(call, plan)
    let response = ClientResponse(call.response, call.connection, plan.url)
    if configuration.redirects > 0, let redirect = Redirect(response, plan) {
      guard redirects < configuration.redirects else { throw ClientError.tooManyRedirects }
      return .redirect(redirect)
    }
    var body = ResponseBody(call: call)
    return .value(try await use(response, &body))
  }

  /// Makes the request until a response's head is here: once, and once more if its connection was stale.
  private nonisolated(nonsending) func respond(_ call: ClientCall, _ plan: RequestPlan) async throws {
    var isFresh = false
    while true {
      do throws(ClientFailure) {
        try await attempt(call, plan, isFresh: isFresh)
        return
      } catch {
        let failed = call.core.table.failedExchange(call.index, isReplayable: plan.isReplayable)
        guard error.isOfTheConnection, !isFresh,
          let reason = RetryRule.reason(toRetry: failed, isEnabled: configuration.retriesStaleConnections)
        else { throw call.error(error) }
        note(.retried(reason == .nothingSent ? .nothingSent : .idempotent), plan)
        isFresh = true
        call.core.table.retry(call.index)
      }
    }
  }

  private nonisolated(nonsending) func attempt(
    _ call: ClientCall, _ plan: RequestPlan, isFresh: Bool
  ) async throws(ClientFailure) {
    let core = call.core
    let started = configuration.onEvent == nil ? nil : ContinuousClock.now
    let progress = core.table.acquire(
      call.index, plan.chunks, hasMore: plan.hasMore, fresh: isFresh)
    core.noteWork()
    if progress == .waiting { note(.queued, plan) }
    var isNoted = started == nil
    var isResolving = false
    var mayWithhold = !plan.withheld.isEmpty
    while true {
      switch core.table.progress(call.index) {
      case .failed(let failure): throw failure
      case .waiting: break
      case .needsAddresses:
        if !isResolving {
          isResolving = true
          resolve(call, plan)
          continue
        }
      case .underWay:
        if !isNoted, core.table.isOnConnection(call.index), let started {
          isNoted = true
          noteConnection(call, plan, started)
        }
        if core.table.hasHead(call.index) { return }
        if mayWithhold, core.table.isOnConnection(call.index) {
          mayWithhold = false
          try await awaitLeave(call)
          if call.hasHead { return }
          for chunk in plan.withheld { call.send(chunk) }
          call.send(nil)
          continue
        }
      }
      await call.suspend()
    }
  }

  /// Connects if the addresses are known; otherwise the exchange goes on when they are.
  private func resolve(_ call: ClientCall, _ plan: RequestPlan) {
    if let path = configuration.unixSocket {
      guard let address = SocketAddress(unixPath: path) else {
        call.core.table.refuse(call.index, .nameNotResolved("\(path) is no path of a unix socket"))
        return
      }
      call.core.table.connect(call.index, [address])
    } else {
      let core = call.core
      let addresses = resolver.addresses(host: plan.key.host, port: plan.key.port) {
        core.didResolve(call.index, serial: call.serial, $0)
      }
      if let addresses { core.table.connect(call.index, addresses) }
    }
    call.core.noteWork()
  }

  /// Waits for a 100, an answer or a second.
  private nonisolated(nonsending) func awaitLeave(_ call: ClientCall) async throws(ClientFailure) {
    call.core.table.awaitLeave(call.index)
    call.core.noteWork()
    while !call.core.table.mayGoAhead(call.index) {
      if let failure = call.failure { throw failure }
      await call.suspend()
    }
  }

  // MARK: events

  private func note(_ kind: ClientEvent.Kind, _ plan: RequestPlan) {
    configuration.onEvent?(ClientEvent(kind: kind, url: plan.url.text))
  }

  private func noteConnection(_ call: ClientCall, _ plan: RequestPlan, _ started: ContinuousClock.Instant) {
    let connection = call.connection
    note(
      connection.isReused ? .reused(age: connection.age, idle: connection.idle) : .connected(.now - started),
      plan)
  }
}
