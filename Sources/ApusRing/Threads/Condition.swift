// Condition: a value that several threads change, and wait for. For threads that exist to
// wait; a core never does.

internal import Glibc

/// A lock with waiting. Never entered twice by one thread.
@safe package final class Condition<Value: ~Copyable & Sendable>: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>
  /// Touched by whoever holds the mutex.
  private var value: Value

  package init(_ value: consuming Value) {
    self.value = value
    // Safety: neither may move, so they have allocations of their own; freed with the object, when
    // nobody can hold or await them.
    unsafe mutex = .allocate(capacity: 1)
    unsafe condition = .allocate(capacity: 1)
    var attributes = pthread_condattr_t()
    var result = unsafe pthread_mutex_init(mutex, nil)
    if result == 0 { result = unsafe pthread_condattr_init(&attributes) }
    if result == 0 { result = unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) }
    if result == 0 { result = unsafe pthread_cond_init(condition, &attributes) }
    precondition(result == 0, "a condition cannot be made: errno \(result)")
    unsafe pthread_condattr_destroy(&attributes)
  }

  deinit {
    // Safety: allocated in `init`, and nobody else has the condition any more.
    unsafe pthread_cond_destroy(condition)
    unsafe pthread_mutex_destroy(mutex)
    unsafe condition.deallocate()
    unsafe mutex.deallocate()
  }

  /// Runs `body` with the value while no other thread does.
  package func withLock<Outcome>(_ body: (inout Value) -> Outcome) -> Outcome {
    enter()
    defer { leave() }
    return body(&value)
  }

  /// Runs `body` with the value, now and whenever somebody has said that it changed, until there is an
  /// outcome; after `limit`, `otherwise` has it, with nobody in between.
  package func awaitOutcome<Outcome>(
    atMost limit: Duration, _ body: (inout Value) -> Outcome?, otherwise: (inout Value) -> Outcome
  ) -> Outcome {
    // A time before now is none to the kernel (EINVAL), and would be asked for again and again.
    var deadline = Self.time(after: max(limit, .zero))
    enter()
    defer { leave() }
    while true {
      if let outcome = body(&value) { return outcome }
      // Safety: this thread holds the mutex, and both live as long as the object.
      let result = unsafe pthread_cond_timedwait(condition, mutex, &deadline)
      guard result == ETIMEDOUT else { continue }
      return body(&value) ?? otherwise(&value)
    }
  }

  /// Has one thread that waits look again.
  package func tellOne() { unsafe pthread_cond_signal(condition) }

  /// Has all of them look again.
  package func tellAll() { unsafe pthread_cond_broadcast(condition) }

  private func enter() {
    let result = unsafe pthread_mutex_lock(mutex)
    precondition(result == 0, "pthread_mutex_lock: errno \(result)")
  }

  private func leave() { unsafe pthread_mutex_unlock(mutex) }

  private static func time(after duration: Duration) -> timespec {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    let (seconds, attoseconds) = duration.components
    let nanoseconds = time.tv_nsec + Int(attoseconds / 1_000_000_000)
    // Some years are enough for anybody who waits; beyond them the sum could overflow.
    time.tv_sec += Int(min(max(0, seconds), 100_000_000)) + nanoseconds / 1_000_000_000
    time.tv_nsec = nanoseconds % 1_000_000_000
    return time
  }
}
