// Waiter: a suspended task or a relay that waits for an event of the core and is resumed once.

/// A suspended task, a relay, or none.
@safe package struct Waiter {
  @safe private enum Kind {
    case none
    /// Safety: taken out before it is resumed, so it is resumed once.
    case task(UnsafeContinuation<Void, Never>)
    /// Safety: the list lives as long as its core, which outlives whatever waits on it.
    case relay(Unmanaged<ReadyList>, UInt32)
  }

  private var kind: Kind

  init() { kind = .none }

  private init(_ continuation: UnsafeContinuation<Void, Never>) { kind = unsafe .task(continuation) }

  /// A relay by its number. If the relay has ended, its successor is resumed, and finds nothing to do.
  init(_ ready: ReadyList, _ index: UInt32) { kind = unsafe .relay(.passUnretained(ready), index) }

  /// Suspends the calling task; `body` stores the waiter, which must be resumed later.
  @inline(__always)
  static func suspend(_ body: (Waiter) -> Void) async {
    await unsafe withUnsafeContinuation { body(unsafe Waiter($0)) }
  }

  var isWaiting: Bool {
    if case .none = kind { false } else { true }
  }

  mutating func resume() {
    switch kind {
    case .none: return
    case .task(let continuation):
      kind = .none
      unsafe continuation.resume()
    case .relay(let ready, let index):
      kind = .none
      unsafe ready._withUnsafeGuaranteedRef { $0.append(index) }
    }
  }
}
