// HookChain: the hooks around one route on one core, in the order they run. Made when the core starts.

import ApusEngine
import ApusWire

/// Never changed once made. Routes behind the same hooks share one.
final class HookChain {
  let before: [BeforeHook]
  /// A group's before those of the routers around it, as are the next.
  let after: [AfterHook]
  let onError: [ErrorHook]
  /// The shortest of the bounds on how long an answer may take.
  let answerLimit: Duration?
  /// How requests get their ids, as the innermost says that says anything.
  let identity: RequestIdentity?

  private init(_ parts: [Hook.Parts]) {
    before = parts.compactMap(\.before)
    after = parts.reversed().compactMap(\.after)
    onError = parts.reversed().compactMap(\.onError)
    answerLimit = parts.compactMap(\.answerLimit).min()
    identity = parts.compactMap(\.identity).last
  }

  /// Nothing happens around a handler in place.
  var isEmpty: Bool { before.isEmpty && after.isEmpty && identity == nil }

  /// Makes the chains of one core: each hook once, however many chains it is in.
  struct Maker {
    private var parts: [ObjectIdentifier: Hook.Parts] = [:]
    private var chains: [[ObjectIdentifier]: HookChain] = [:]

    mutating func chain(_ hooks: [Hook]) -> HookChain {
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
