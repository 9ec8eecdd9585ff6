// The self-test: a millisecond at start that shows whether this kernel does what no feature bit tells:
// multishot receive into provided buffers, sends, and the end of a stream.

internal import CApusLinux
internal import Glibc

extension KernelRing {
  private final class Outcome: @unchecked Sendable {
    /// Written by the test's thread, read when that has been joined.
    var failure: RingUnavailable?
  }

  /// Sends eleven bytes through a socket pair by way of a small ring. Throws what is missing and what to do.
  ///
  /// On a thread of its own: a thread that had a ring is interrupted by that ring's end
  /// (EINTR) at some later call.
  package static func selfTest() throws(RingUnavailable) {
    let outcome = Outcome()
    let thread = CoreThread(name: "apus-self-test", processor: nil) {
      for _ in 0..<attempts {
        do throws(RingUnavailable) {
          try testHere()
          outcome.failure = nil
          return
        } catch { outcome.failure = error }
      }
    }
    thread.join()
    if let failure = outcome.failure { throw failure }
  }

  /// A machine that is busy beyond measure may fail one; a kernel that cannot fails all, at once.
  private static let attempts = 3

  private static func testHere() throws(RingUnavailable) {
    var pair: (Int32, Int32) = (-1, -1)
    // Safety: a tuple of two Int32 is laid out as int[2].
    let made = unsafe withUnsafeMutablePointer(to: &pair) {
      unsafe $0.withMemoryRebound(to: Int32.self, capacity: 2) {
        unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, $0)
      }
    }
    guard made == 0 else { throw RingUnavailable(step: .selfTest, errno: errno) }
    defer {
      _ = close(pair.0)
      _ = close(pair.1)
    }
    var configuration = Configuration()
    configuration.submissionEntries = 8
    configuration.completionEntries = 64
    configuration.receiveBufferCount = 4
    configuration.receiveBufferBytes = 64
    var ring = try KernelRing(configuration, listeners: [], wakeUp: WakeUp())
    let text = SharedBytes("self-test\r\n".utf8.span)
    ring.enqueueReceive(Slot(pair.1), Token(.receive))
    ring.enqueueSend(Slot(pair.0), text.region, Token(.send))
    let deadline = Instant(nanoseconds: ring.now().nanoseconds + 1_000_000_000)
    var received: Int32?
    while received == nil, ring.now() < deadline {
      ring.submitAndWait(until: deadline)
      while let completion = ring.reap() {
        guard completion.token.operation == .receive else { continue }
        if completion.result < 0 { throw RingUnavailable(step: .selfTest, errno: -completion.result) }
        // It may end with a good result at any time; a kernel without multishot receives
        // refuses it with EINVAL itself.
        guard completion.buffer != nil else {
          throw RingUnavailable(step: .selfTest, errno: EINVAL)
        }
        received = completion.result
      }
    }
    guard received == 11 else { throw RingUnavailable(step: .selfTest, errno: ETIMEDOUT) }
  }
}
