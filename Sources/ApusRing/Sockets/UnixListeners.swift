// UnixListeners: a listening Unix socket (unix(7)), one for all cores: such a name cannot be shared as a port
// can. Each core has its own descriptor of it; the kernel wakes one of them for each connection.

internal import CApusLinux
internal import Glibc

/// Descriptors of one listening socket, one for each core, and its file.
package struct UnixListeners: Sendable {
  package let descriptors: [Int32]
  package let file: SocketFile

  /// Bytes of a path; `sun_path` has 108, and the name that a socket is made under is two longer.
  package static let pathLimit = 105

  /// Listens at `path`, which anyone may connect to whom `mode` allows to write.
  ///
  /// The socket is made under another name and moved to `path` once it listens with its mode: there is no
  /// moment at which nobody answers, or anybody may connect. What was at `path` is replaced if it is a socket
  /// that nobody answers at. A server that has just been killed answers for some milliseconds more, so the
  /// question is asked for up to a second.
  package init(path: String, mode: UInt16, count: Int) throws(ListenError) {
    guard !path.isEmpty, path.utf8.count <= Self.pathLimit, !path.utf8.contains(0) else {
      throw .badPath("a socket's path has 1 to \(Self.pathLimit) bytes")
    }
    try Self.awaitFree(path)
    let temporary = path + ".~"
    // Safety, here and below: paths are ended with a NUL by Swift; an address lives during the call.
    _ = unsafe unlink(temporary)
    let descriptor = try Self.open()
    var descriptors = [descriptor]
    do throws(ListenError) {
      unsafe try Self.check("bind", Self.withAddress(temporary) { unsafe bind(descriptor, $0, $1) })
      do throws(ListenError) {
        unsafe try Self.check("chmod", chmod(temporary, mode_t(mode)))
        try Self.check("listen", listen(descriptor, Listeners.backlog))
        unsafe try Self.check("rename", rename(temporary, path))
      } catch {
        _ = unsafe unlink(temporary)
        throw error
      }
      while descriptors.count < count {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        try Self.check("fcntl", copy)
        descriptors.append(copy)
      }
      guard let file = SocketFile(path: path) else {
        throw ListenError.failed(operation: "lstat", errno: errno)
      }
      self.file = file
      self.descriptors = descriptors
    } catch {
      Listeners.close(descriptors)
      throw error
    }
  }

  private static func open() throws(ListenError) -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    try check("socket", descriptor)
    return descriptor
  }

  private static func check(_ operation: String, _ result: Int32) throws(ListenError) {
    guard result < 0 else { return }
    switch errno {
    case EACCES, EPERM, EROFS: throw .permissionDenied
    case ENOENT, ENOTDIR: throw .badPath("its directory is not there")
    default: throw .failed(operation: operation, errno: errno)
    }
  }

  private static func awaitFree(_ path: String) throws(ListenError) {
    let start = Instant.monotonic().nanoseconds
    while true {
      var status = stat()
      guard unsafe lstat(path, &status) == 0 else { return }
      guard status.st_mode & S_IFMT == S_IFSOCK else { throw .badPath("there is a file that is no socket") }
      guard try isAnswered(path) else { return }
      guard Instant.monotonic().nanoseconds - start < 1_000_000_000 else { throw .addressInUse }
      usleep(50_000)
    }
  }

  private static func isAnswered(_ path: String) throws(ListenError) -> Bool {
    let descriptor = try open()
    defer { _ = Glibc.close(descriptor) }
    let result = unsafe withAddress(path) { unsafe connect(descriptor, $0, $1) }
    return result == 0 || errno != ECONNREFUSED && errno != ENOENT
  }

  private static func withAddress(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    // Safety: the path and its NUL fit, as init has checked; the name lies behind the
    // two bytes of the family.
    unsafe withUnsafeMutableBytes(of: &address) { bytes in
      for (index, byte) in path.utf8.enumerated() { unsafe bytes[2 + index] = byte }
    }
    return unsafe withUnsafePointer(to: address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}
