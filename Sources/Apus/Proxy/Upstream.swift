// Upstream: a server that requests are handed on to, and how it does. All cores share what is known of it.

import Synchronization

final class Upstream: Sendable {
  /// Without a slash at its end.
  let base: String
  private let inFlight = Atomic<Int>(0)
  private let failures = Atomic<Int>(0)
  /// Nanoseconds of the monotonic clock; until then it is left alone.
  private let pausedUntil = Atomic<UInt64>(0)

  init(_ url: String) { base = url.hasSuffix("/") ? String(url.dropLast()) : url }

  var load: Int { inFlight.load(ordering: .relaxed) }

  func isPaused(at now: UInt64) -> Bool { pausedUntil.load(ordering: .relaxed) > now }

  func begin() { inFlight.add(1, ordering: .relaxed) }

  func end() { inFlight.subtract(1, ordering: .relaxed) }

  func didAnswer() {
    if failures.load(ordering: .relaxed) > 0 { failures.store(0, ordering: .relaxed) }
  }

  func didFail(_ limit: Int, _ pause: UInt64, at now: UInt64) {
    guard failures.add(1, ordering: .relaxed).newValue >= limit else { return }
    // The first request after the pause decides: one more failure is enough.
    failures.store(max(0, limit - 1), ordering: .relaxed)
    pausedUntil.store(now + pause, ordering: .relaxed)
  }
}
