// SocketFile: the name of a Unix socket in the file system, as long as we stand behind it.

internal import Glibc
internal import Synchronization

/// A file that a listener of ours is bound to. Removed once, by whoever says so first, and only while the
/// name still means our socket: a server that has started since may have put its own there.
package final class SocketFile: Sendable {
  package let path: String
  private let device: UInt64
  private let inode: UInt64
  private let isRemoved = Atomic<Bool>(false)

  /// Notes which file the name means now.
  init?(path: String) {
    var status = stat()
    // Safety, here and below: the call fills a structure of our own; a path is ended with a NUL by Swift.
    guard unsafe lstat(path, &status) == 0 else { return nil }
    self.path = path
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
  }

  /// The path means our socket now, whatever way it takes there.
  package func isNamed(by path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) == 0 && UInt64(status.st_dev) == device
      && UInt64(status.st_ino) == inode
  }

  /// Any thread.
  package func remove() {
    guard !isRemoved.exchange(true, ordering: .relaxed), isNamed(by: path) else { return }
    _ = unsafe unlink(path)
  }
}
