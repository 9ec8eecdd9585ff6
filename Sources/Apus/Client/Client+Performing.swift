// The life of a request: its redirects, its attempts, and within an attempt a connection, the body, the head,
// the closure. Everything here runs on the core whose client is used.

import ApusEngine
import ApusRing
import ApusWire

extension Client {
  /// The plan of a request, and its client on this core.
  func plans(_ core: CoreClient) -> (number: Index<ClientHome>, cache: PlanCache) {
    let number = core.number(of: self, identity, policy)
    if let cache = core.table.memo(number) as? PlanCache { return (number, cache) }
    let cache = PlanCache()
    core.table.keep(cache, number)
    return (number, cache)
  }

  /// On the core whose client `core` is.
  nonisolated(nonsending) func perform<Value: Sendable>(
    _ first: RequestPlan, _ number: Index<ClientHome>, on core: CoreClient,
    _ use: @Sendable (borrowing ClientResponse, inout ResponseBody) async throws -> Value
  ) async throws -> Value {
    var plan = first
    var redirects = 0
    let start = core.table.tick
    while true {
      let call = ClientCall(core, core.table.begin(number, plan.method, plan.closesConnection, since: start))
      let passage: Passage<Value>
      do {
        passage =
          plan.stream == nil
          ? try await answer(call, plan, redirects, use)
          : try await answerStreaming(call, plan, redirects, use)
      } catch {
        call.finish()
        throw error
      }
      call.finish()
      switch passage {
      case .value(let value): return value
      case .redirect(let redirect):
        redirects += 1
        let from = plan
        plan = try plan.following(redirect, configuration)
        note(.redirected(plan.url.text), from)
      }
    }
  }

  /// The outcome of an exchange.
  enum Passage<Value> {
    case value(Value)
    case redirect(Redirect)
  }

  /// A body that is written as it comes has a task of its own: the response may come, and
  /// be read, before it ends.
  private nonisolated(nonsending) func answerStreaming<Value: Sendable>(
    _ call: ClientCall, _ plan: RequestPlan, _ redirects: Int,
    _ use: @Sendable (borrowing ClientResponse, inout ResponseBody) async throws -> Value
  ) async throws -> Passage<Value> {
    guard let (length, write) = plan.stream else { preconditionFailure("a body that is no stream") }
    return try await withTaskGroup(of: (any Error)?.self) { group in
      group.addTask { await self.stream(call, length, awaitsLeave: plan.expectsContinue, write) }
      let result: Result<Passage<Value>, any Error>
      do { result = .success(try await answer(call, plan, redirects, use)) } catch {
        result = .failure(error)
      }
      // It may wait for a source of its own, which knows nothing of the response.
      call.stopBody()
      group.cancelAll()
      for await failure in group {
        if let failure { return Result<Passage<Value>, any Error>.failure(failure) }
      }
      return result
    }.get()
  }

  private nonisolated(nonsending) func answer<Value: Sendable>(
    _ call: ClientCall, _ plan: RequestPlan, _ redirects: Int,
    _ use: @Sendable (borrowing ClientResponse, inout ResponseBody) async throws -> Value
  ) async throws -> Passage<Value> {
    var isFresh = false
    while let failure = await attempt(call, plan, isFresh: isFresh) {
      try judge(failure, call, plan, isFresh: isFresh)
      isFresh = true
    }
    let copy = call.core.table.response(call.index)
    configuration.onHead?(.response([UInt8](copying: copy.bytes)))
    let response = ClientResponse(copy, call.core.table.connectionFacts(call.index), plan)
    if response.status.code >= 300, configuration.redirects > 0, let redirect = try? Redirect(response, plan)
    {
      guard redirects < configuration.redirects else { throw ClientError.tooManyRedirects }
      return .redirect(redirect)
    }
    var body = ResponseBody(
      call, plan.offersCodings ? try ContentDecoding(response, configuration.contentCodings) : nil)
    return .value(try await use(response, &body))
  }

  /// Throws what the caller is told, unless the request is to be made again.
  private func judge(_ failure: ClientFailure, _ call: ClientCall, _ plan: RequestPlan, isFresh: Bool) throws
  {
    let failed = call.core.table.failedExchange(call.index, isReplayable: plan.isReplayable)
    guard failure.isOfTheConnection, !isFresh,
      let reason = RetryRule.reason(toRetry: failed, isEnabled: configuration.retriesStaleConnections)
    else { throw call.error(failure) }
    note(.retried(reason == .nothingSent ? .nothingSent : .idempotent), plan)
    call.core.table.retry(call.index)
  }

  /// Makes the request until a response's head is here: nil, or why it does not come.
  private nonisolated(nonsending) func attempt(
    _ call: ClientCall, _ plan: RequestPlan, isFresh: Bool
  ) async -> ClientFailure? {
    let core = call.core
    let started = configuration.onEvent == nil && configuration.onHead == nil ? nil : ContinuousClock.now
    var progress = core.table.acquire(
      call.index, plan.key, plan.chunks, hasMore: plan.hasMore, fresh: isFresh)
    if progress == .waiting { note(.queued, plan) }
    var isNoted = started == nil
    var isResolving = false
    var mayWithhold = plan.expectsContinue
    while true {
      switch progress {
      case .answered:
        if !isNoted, let started { noteConnection(call, plan, started) }
        return nil
      case .failed(let failure): return failure
      case .waiting, .connecting: break
      case .needsAddresses where !isResolving:
        isResolving = true
        resolve(call, plan)
        progress = core.table.progress(call.index)
        continue
      case .needsAddresses: break
      case .underWay:
        if !isNoted, let started {
          isNoted = true
          noteConnection(call, plan, started)
        }
        if mayWithhold, let body = plan.withheld {
          mayWithhold = false
          if let failure = await awaitLeave(call) { return failure }
          if !call.hasHead {
            call.send(body)
            call.send(nil)
          }
          progress = core.table.progress(call.index)
          continue
        }
      }
      await call.suspend()
      progress = core.table.progress(call.index)
    }
  }

  /// Connects if the addresses are known; otherwise the exchange continues once they are.
  private func resolve(_ call: ClientCall, _ plan: RequestPlan) {
    if call.core.connectByBook(call.index, to: plan.key) { return }
    if let path = configuration.unixSocket {
      guard let address = SocketAddress(unixPath: path) else {
        call.core.table.refuse(call.index, .nameNotResolved("\(path) is no path of a unix socket"))
        return
      }
      call.core.table.connect(call.index, [address])
    } else {
      let addresses = resolver.addresses(host: plan.key.host, port: plan.key.port) {
        call.core.didResolve(call.index, serial: call.serial, $0)
      }
      if let addresses { call.core.table.connect(call.index, addresses) }
    }
    call.core.noteWork()
  }

  /// Waits for a 100, an answer or a second; why neither comes.
  private nonisolated(nonsending) func awaitLeave(_ call: ClientCall) async -> ClientFailure? {
    call.core.table.awaitLeave(call.index)
    while !call.core.table.mayGoAhead(call.index) {
      if let failure = call.failure { return failure }
      await call.suspend()
    }
    return nil
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
    configuration.onHead?(.request(plan.headBytes))
  }
}
