// Lock: a value that several threads change, one at a time, where that is seldom: nothing on a request's
// path locks. A mutex of pthread's and not the standard library's, since ThreadSanitizer sees only the
// former handed over: the library waits in code that is not instrumented, so that each contended use of
// it is reported as a race.

internal import Glibc

/// Never entered twice by one thread: the second time would wait for the first for ever.
@safe package final class Lock<Value: ~Copyable & Sendable>: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  /// Touched by whoever holds the mutex.
  private var guarded: Guarded

  /// A value without a size would have the lock's own address, which every call reads, and ThreadSanitizer
  /// would report a race. With a byte beside it, it has an address of its own.
  private struct Guarded: ~Copyable {
    var value: Value
    private var byte: UInt8 = 0

    init(_ value: consuming Value) { self.value = value }
  }

  package init(_ value: consuming Value) {
    guarded = Guarded(value)
    // Safety: a mutex may not move, so it has an allocation of its own; freed with the lock,
    // when nobody can hold it.
    unsafe mutex = .allocate(capacity: 1)
    let result = unsafe pthread_mutex_init(mutex, nil)
    precondition(result == 0, "pthread_mutex_init: errno \(result)")
  }

  deinit {
    // Safety: allocated in `init`, and nobody else has the lock any more.
    unsafe pthread_mutex_destroy(mutex)
    unsafe mutex.deallocate()
  }

  /// Runs `body` with the value while no other thread does, and waits until that is so.
  package func withLock<Outcome: ~Copyable, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> Outcome
  ) throws(Failure) -> Outcome {
    // Safety: the mutex lives as long as the lock; it is released by the thread that took
    // it, whatever `body` throws.
    let result = unsafe pthread_mutex_lock(mutex)
    precondition(result == 0, "pthread_mutex_lock: errno \(result)")
    defer { unsafe pthread_mutex_unlock(mutex) }
    return try body(&guarded.value)
  }
}
