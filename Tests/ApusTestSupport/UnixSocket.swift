// UnixSocket: a Unix socket of the test's own at a path, for the other side of what is tested.

import Glibc

/// A bound, listening or connected socket. It is closed with the value; its file stays.
package final class UnixSocket: Sendable {
  package let descriptor: Int32

  /// Has a file at `path`, at which nobody listens.
  package static func bound(at path: String) -> UnixSocket {
    let new = UnixSocket()
    let isBound = withUnixName(path) { bind(new.descriptor, $0, $1) == 0 }
    precondition(isBound, "cannot bind \(path): errno \(errno)")
    return new
  }

  package static func listening(at path: String, backlog: Int32 = 16) -> UnixSocket {
    let new = bound(at: path)
    precondition(listen(new.descriptor, backlog) == 0, "cannot listen: errno \(errno)")
    return new
  }

  /// Connects; nil if nothing listens there.
  package convenience init?(connectingTo path: String) {
    self.init()
    guard withUnixName(path, { connect(descriptor, $0, $1) == 0 }) else { return nil }
  }

  private init() {
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    precondition(descriptor >= 0, "no socket: errno \(errno)")
  }

  deinit { close(descriptor) }
}
