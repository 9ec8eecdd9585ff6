// Waiter: one task that waits for the core to do something, and is resumed once.

/// A suspended task, or none.
@safe package struct Waiter {
  /// Safety: taken out before it is resumed, so it is resumed once.
  private var continuation: UnsafeContinuation<Void, Never>?

  init() { unsafe continuation = nil }

  private init(_ continuation: UnsafeContinuation<Void, Never>) { unsafe self.continuation = continuation }

  /// Suspends the calling task; `body` keeps its waiter where somebody will resume it.
  static func suspend(_ body: (Waiter) -> Void) async {
    await unsafe withUnsafeContinuation { body(unsafe Waiter($0)) }
  }

  var isWaiting: Bool { unsafe continuation != nil }

  mutating func resume() { unsafe continuation.take()?.resume() }
}
