// CoreThread: an operating-system thread that stays on one processor.

internal import CApusLinux
internal import Glibc

/// The processors that this process may use, as sched_getaffinity(2) tells; never simply 0..<N.
package func availableProcessors() -> [Int] {
  var cpus = [Int32](repeating: 0, count: 1024)
  // Safety: the call is told how many numbers the array has room for.
  let count = unsafe cpus.withUnsafeMutableBufferPointer { unsafe apus_affinity($0.baseAddress, 1024) }
  precondition(count > 0, "sched_getaffinity: errno \(errno)")
  return cpus[..<Int(count)].map(Int.init)
}

/// A joinable thread.
package struct CoreThread: ~Copyable, Sendable {
  private let thread: pthread_t

  private final class Start {
    let name: String
    let processor: Int?
    let body: @Sendable () -> Void
    init(name: String, processor: Int?, body: @escaping @Sendable () -> Void) {
      self.name = name
      self.processor = processor
      self.body = body
    }
  }

  /// Starts `body` on a new thread, which no SIGPIPE reaches (sendfile(2) knows no MSG_NOSIGNAL), pinned to
  /// `processor` if one is named. `name` is cut to 15 bytes.
  package init(name: String, processor: Int?, _ body: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    // Safety: the retained Start is consumed exactly once, by the new thread.
    let start = unsafe Unmanaged.passRetained(Start(name: name, processor: processor, body: body))
    let result = unsafe pthread_create(
      &thread, nil,
      { argument in
        let start = unsafe Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
        var pipe = sigset_t()
        unsafe sigemptyset(&pipe)
        unsafe sigaddset(&pipe, SIGPIPE)
        unsafe pthread_sigmask(SIG_BLOCK, &pipe, nil)
        unsafe apus_name_thread(String(start.name.prefix(15)))
        if let processor = start.processor { _ = apus_pin_thread(Int32(processor)) }
        start.body()
        return nil
      }, start.toOpaque())
    precondition(result == 0, "pthread_create: errno \(result)")
    self.thread = thread
  }

  /// Lets the thread go on by itself; its end is nobody's business.
  package consuming func detach() { _ = pthread_detach(thread) }

  /// Waits until the thread's body has returned.
  package consuming func join() { _ = pthread_join(thread, nil) }
}
