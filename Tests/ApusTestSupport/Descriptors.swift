// Descriptors: what tests do to sockets of which they have the bare descriptor.

import Glibc

/// A second descriptor of the same socket, for one who closes what it is given, as a ring its listeners.
package func duplicated(_ descriptor: Int32) -> Int32 {
  let second = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
  precondition(second >= 0, "no second descriptor: errno \(errno)")
  return second
}

/// Resets a TCP connection at once (connect(2), AF_UNSPEC), and drops what was not sent yet. A close that
/// resets would wait for all who have the socket, as a process does that another test has just started, until
/// it becomes another program.
package func resetNow(_ descriptor: Int32) {
  var nobody = sockaddr()
  nobody.sa_family = sa_family_t(AF_UNSPEC)
  let result = connect(descriptor, &nobody, socklen_t(MemoryLayout<sockaddr>.size))
  precondition(result == 0, "cannot reset: errno \(errno)")
}
