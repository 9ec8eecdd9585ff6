// BadHandlers: a core's handlers that misbehave, each in a way of its own that its path names,
// and what each may answer.

import ApusEngine
import ApusRing
import ApusWire

/// Counts handlers' tasks; one thread uses it.
final class TaskTally: @unchecked Sendable {
  private(set) var started = 0
  private(set) var ended = 0
  /// How each way of misbehaving came out, by name.
  private(set) var outcomes: [String: Int] = [:]

  func start() { started += 1 }
  func end() { ended += 1 }
  func note(_ outcome: String) { outcomes[outcome, default: 0] += 1 }
}

/// `/way/number` misbehaves that way.
enum BadHandler: String, CaseIterable {
  // As a task that answers with a response.
  /// Waits for what never comes, until it is cancelled.
  case never
  /// Throws, at one of several points.
  case throwing
  /// Hears nothing of its cancellation, and answers whether its peer is there or not.
  case deaf
  /// Cancels itself, and answers.
  case selfCancelled
  /// Does nothing wrong: whatever the others leave behind would be its.
  case good

  // With both bodies in its hands.
  /// Reads a piece of the body and answers.
  case half
  /// Reads all of the body, which may never come.
  case reading
  /// Reads a piece of the body and throws.
  case halfThrowing
  /// Begins an answer and throws, before or after its head has left.
  case beginning
  /// Writes on and on, and once more when it knows that nobody reads.
  case writing

  /// Statuses of whole answers.
  var statuses: Set<Int> {
    switch self {
    case .never: [503]
    case .throwing: [500]
    case .deaf: [200, 503]
    case .selfCancelled, .good: [200]
    // 408 to a peer that stalls in its body, or is too slow.
    case .half, .reading: [200, 408, 503]
    case .halfThrowing: [500, 408, 503]
    case .beginning: [500]
    case .writing: [200, 503]
    }
  }

  /// The peer sends a body.
  var wantsBody: Bool { self == .half || self == .reading || self == .halfThrowing }
  var isStreaming: Bool { wantsBody || self == .beginning || self == .writing }
}

private struct Trouble: Error {}

func badHandler(_ tally: TaskTally) -> Handler {
  let rules = plainRules()
  let handler: AsynchronousHandler = { (request: borrowing Request) in
    tally.start()
    defer { tally.end() }
    return try await misbehave(request, tally)
  }
  let endpoint = AsynchronousEndpoint(handler, rules)
  return Handler(
    plan: { way(of: $0)?.isStreaming == true ? .stream : .collect(upTo: 1 << 20) },
    respond: { request in
      guard let core = Core.current else { preconditionFailure("not on a core") }
      guard way(of: request)?.isStreaming == true else { return core.answer(request, endpoint) }
      return core.stream(
        request, rules,
        { request, exchange in
          tally.start()
          defer { tally.end() }
          try await misbehave(request, exchange, tally)
        })
    })
}

private func way(of request: borrowing Request) -> BadHandler? {
  text(request.path).split(separator: "/").first.flatMap { BadHandler(rawValue: String($0)) }
}

private func number(of request: borrowing Request) -> Int {
  text(request.path).split(separator: "/").last.flatMap { Int($0) } ?? 0
}

private func misbehave(_ request: borrowing Request, _ tally: TaskTally) async throws -> Response {
  let number = number(of: request)
  let core = Core.current
  switch way(of: request) {
  case .never:
    do { try await Task.sleep(for: .seconds(36_000)) } catch {
      tally.note("never ended")
      throw error
    }
  case .throwing:
    if number % 3 > 0 { await Task.yield() }
    if number % 3 > 1 { await core?.executor.sleep(for: .milliseconds(number % 50)) }
    throw Trouble()
  case .deaf:
    await core?.executor.sleep(for: .milliseconds(100 * (number % 100)))
    if Task.isCancelled { tally.note("deaf outlived") }
  case .selfCancelled:
    withUnsafeCurrentTask { $0?.cancel() }
    if number % 2 > 0 { await Task.yield() }
    guard Task.isCancelled else { throw Trouble() }
  case .good:
    if number % 2 > 0 { await Task.yield() }
  default: throw Trouble()
  }
  return Response(status: 200, body: .text("\(number)"))
}

private func misbehave(
  _ request: borrowing Request, _ exchange: Exchange, _ tally: TaskTally
) async throws {
  let number = number(of: request)
  switch way(of: request) {
  case .half:
    _ = try await exchange.read()
    if number % 2 > 0 { await Task.yield() }
    exchange.send(Response(status: 200, body: .text("\(number)")))
  case .reading:
    while try await exchange.read() != nil {}
    exchange.send(Response(status: 200, body: .text("\(number)")))
  case .halfThrowing:
    _ = try await exchange.read()
    throw Trouble()
  case .beginning:
    try exchange.start(Response(status: 200), length: number % 2 > 0 ? 1000 : nil)
    if number % 3 > 0 {
      try exchange.write(copying: [1, 2, 3].span)
      try await exchange.didWrite()
    }
    if number % 3 > 1 { try await exchange.flush() }
    throw Trouble()
  case .writing:
    try exchange.start(Response(status: 200), length: nil)
    do {
      for _ in 0..<200 {
        try exchange.write(copying: [UInt8](repeating: 7, count: 1000).span)
        try await exchange.didWrite()
      }
      try exchange.finish(trailers: [])
    } catch {
      // Whoever writes on is told again, and harms nobody.
      do { try exchange.write(copying: [7].span) } catch { tally.note("wrote after the end") }
      throw error
    }
  default: throw Trouble()
  }
}
