// The turn's one system call, and reaping.

internal import CApusLinux
internal import Glibc

extension KernelRing {
  package mutating func now() -> Instant {
    clock = Instant.monotonic()
    return clock
  }

  package mutating func unixSeconds() -> Int64 {
    var time = timespec()
    // The coarse clock is 4 ms behind at most, a tenth of the cost, and no system call (vdso(7)).
    // Safety: the call fills a structure of our own.
    unsafe clock_gettime(CLOCK_REALTIME_COARSE, &time)
    return Int64(time.tv_sec)
  }

  package mutating func submitAndWait(until deadline: Instant?) {
    buffers.publish()
    guard let deadline else {
      enter(wait: 1, timeout: nil)
      return
    }
    // By the turn's own clock: a timer is late by the turn's length at most, and a second
    // look costs each turn 25 ns.
    if deadline <= clock {
      enter(wait: 0, timeout: nil)
    } else {
      let nanoseconds = deadline.nanoseconds - clock.nanoseconds
      enter(
        wait: 1,
        timeout: __kernel_timespec(
          tv_sec: Int64(nanoseconds / 1_000_000_000), tv_nsec: Int64(nanoseconds % 1_000_000_000)))
    }
  }

  /// Submits without waiting, for a queue that filled up within a turn.
  mutating func submit() {
    buffers.publish()
    repeat { enter(wait: 0, timeout: nil) } while unsafe apus_flush(ring) > 0
  }

  private mutating func enter(wait: UInt32, timeout: __kernel_timespec?) {
    // Safety: the timespec and the argument outlive the call, which is all that the kernel needs.
    var timespec = timeout ?? __kernel_timespec(tv_sec: 0, tv_nsec: 0)
    var argument = io_uring_getevents_arg()
    let result = unsafe withUnsafeMutablePointer(to: &timespec) { timespec in
      argument.ts = timeout == nil ? 0 : UInt64(UInt(bitPattern: timespec))
      return unsafe apus_enter(ring, apus_flush(ring), wait, enterFlags, &argument)
    }
    switch -result {
    case ...0, ETIME, EINTR, EAGAIN, EBUSY: break
    case let code:
      preconditionFailure("io_uring_enter: errno \(code); the ring is used wrongly or is gone")
    }
  }

  package mutating func reap() -> Completion? {
    // Safety: the entry is ours until apus_seen, and is copied out before.
    guard let entry = unsafe apus_peek(ring) else {
      return reapOverflow()
    }
    let flags = unsafe entry.pointee.flags
    let completion = Completion(
      token: Token(rawValue: unsafe entry.pointee.user_data), result: unsafe entry.pointee.res,
      buffer: flags & APUS_CQE_F_BUFFER != 0 ? BufferID(flags >> 16) : nil,
      hasMore: flags & APUS_CQE_F_MORE != 0)
    unsafe apus_seen(ring)
    return completion.token.isOf(.fileSend) ? completionOfFileSend(completion) : completion
  }

  @inline(never)
  private mutating func completionOfFileSend(_ room: Completion) -> Completion {
    Completion(token: room.token, result: continueFileSend(room.token.slot, room.result))
  }

  /// Completions that found no room wait in the kernel (IORING_FEAT_NODROP); an enter moves them over.
  private mutating func reapOverflow() -> Completion? {
    guard unsafe apus_sq_flags(ring) & APUS_SQ_CQ_OVERFLOW != 0 else { return nil }
    enter(wait: 0, timeout: nil)
    return unsafe apus_peek(ring) == nil ? nil : reap()
  }

  @_lifetime(&self)
  package mutating func bytes(of buffer: BufferID, count: Int) -> Span<UInt8> {
    buffers.bytes(of: buffer, count: count)
  }

  package mutating func recycle(_ buffer: BufferID) { buffers.recycle(buffer) }
}
