// HookChain: the hooks around one route on one core, in the order they run. Made when the core starts; a route without
// any has none, and pays nothing.

import ApusEngine
import ApusWire

/// A handler as a core calls it: what it captures may be the core's own.
typealias CoreHandler = (borrowing Request) throws -> Response

/// Never changed once made.
final class HookChain {
  private let before: [BeforeHook]
  private let after: [AfterHook]
  /// The shortest of the bounds on how long an answer may take.
  private let answerLimit: Duration?

  private init(_ parts: [Hook.Parts]) {
    before = parts.compactMap(\.before)
    after = parts.reversed().compactMap(\.after)
    answerLimit = parts.compactMap(\.answerLimit).min()
  }

  /// Answers with the first hook that has an answer, otherwise with `handler`, and lets the others change it.
  func around(_ handler: @escaping CoreHandler) -> CoreHandler {
    { request in self.respond(to: request, handler) }
  }

  func respond(to request: borrowing Request, _ handler: CoreHandler) -> Response {
    var response: Response
    do {
      response = try answer(request) ?? handler(request)
    } catch {
      response = Response(refusing: error)
    }
    if let exchange = response.exchange {
      // The handler has suspended. Its answer is seen beside the copy of the request that it owns.
      if let answerLimit { exchange.limit(to: answerLimit) }
      if !after.isEmpty { exchange.onAnswer { self.change($0, &$1) } }
    } else {
      change(request, &response)
    }
    return response
  }

  private func change(_ request: borrowing Request, _ response: inout Response) {
    for hook in after { hook(request, &response) }
  }

  private func answer(_ request: borrowing Request) throws -> Response? {
    for hook in before {
      if let response = try hook(request) { return response }
    }
    return nil
  }

  /// Makes the chains of one core: each hook once, however many chains it is in.
  struct Maker {
    private var parts: [ObjectIdentifier: Hook.Parts] = [:]
    private var chains: [[ObjectIdentifier]: HookChain] = [:]

    /// nil without any hook.
    mutating func chain(_ hooks: [Hook]) -> HookChain? {
      guard !hooks.isEmpty else { return nil }
      let key = hooks.map { ObjectIdentifier($0.maker) }
      if let known = chains[key] { return known }
      let chain = HookChain(hooks.map { part($0) })
      chains[key] = chain
      return chain
    }

    private mutating func part(_ hook: Hook) -> Hook.Parts {
      if let known = parts[ObjectIdentifier(hook.maker)] { return known }
      let made = hook.maker.make()
      parts[ObjectIdentifier(hook.maker)] = made
      return made
    }
  }
}
