// WakeUp: how another thread ends a core's wait. The only thing of a ring that two threads touch.

internal import CApusLinux
internal import Glibc

/// An eventfd(2) that the core keeps a read armed on.
package final class WakeUp: Sendable {
  let descriptor: Int32

  package init() {
    descriptor = apus_eventfd()
    precondition(descriptor >= 0, "eventfd: errno \(errno)")
  }

  deinit { _ = close(descriptor) }

  /// Waits on the calling thread until it was rung; for start-up, never on a core.
  package func wait() {
    var count: UInt64 = 0
    // Safety: eight bytes of our own, written during the call.
    while unsafe read(descriptor, &count, 8) < 0 {}
  }

  /// Wakes the core, once however often it is rung before the core looks. Any thread; one system call.
  package func ring() {
    var one: UInt64 = 1
    // Safety: eight bytes of our own, read during the call. It cannot block: the
    // counter would have to overflow.
    _ = unsafe write(descriptor, &one, 8)
  }
}
