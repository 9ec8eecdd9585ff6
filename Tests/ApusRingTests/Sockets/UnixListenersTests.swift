import ApusRing
import ApusTestSupport
import Glibc
import Testing

@Suite struct UnixListenersTests {
  private let tree = TemporaryTree()
  private var path: String { tree.path + "/socket" }

  private func end(_ listeners: UnixListeners) {
    for descriptor in listeners.descriptors { close(descriptor) }
    listeners.file.remove()
  }

  private func status(_ path: String) -> stat? {
    var status = stat()
    return lstat(path, &status) == 0 ? status : nil
  }

  @Test func `each core has its own descriptor of one socket, whose file has the mode that was asked for`()
    throws
  {
    // The umask, 022 mostly, would take the others' leave to write.
    let listeners = try UnixListeners(path: path, mode: 0o622, count: 3)
    #expect(Set(listeners.descriptors).count == 3)
    let mode = try #require(status(path)).st_mode
    #expect(mode & S_IFMT == S_IFSOCK)
    #expect(mode & 0o777 == 0o622)
    #expect(status(path + ".~") == nil)
    end(listeners)
    #expect(status(path) == nil)
  }

  @Test func `a socket without a listener is replaced`() throws {
    let first = try UnixListeners(path: path, mode: 0o600, count: 1)
    for descriptor in first.descriptors { close(descriptor) }
    let stale = try #require(status(path))
    let second = try UnixListeners(path: path, mode: 0o600, count: 1)
    #expect(try #require(status(path)).st_ino != stale.st_ino)
    first.file.remove()
    #expect(status(path) != nil, "the first server's file is no longer its own")
    end(second)
    #expect(status(path) == nil)
  }

  @Test func `a socket that somebody answers at is not touched`() throws {
    let first = try UnixListeners(path: path, mode: 0o600, count: 1)
    let before = try #require(status(path))
    #expect(throws: ListenError.addressInUse) { try UnixListeners(path: path, mode: 0o600, count: 1) }
    #expect(try #require(status(path)).st_ino == before.st_ino)
    end(first)
  }

  @Test func `a file that is no socket is not touched`() throws {
    tree.file("socket", "precious")
    #expect(throws: ListenError.badPath("there is a file that is no socket")) {
      try UnixListeners(path: path, mode: 0o600, count: 1)
    }
    #expect(try #require(status(path)).st_size == 8)
  }

  @Test func `a path that is too long, or leads nowhere, is refused`() {
    let long = "/" + String(repeating: "x", count: 105)
    for path in [long, "", tree.path + "/none/socket"] {
      let error = #expect(throws: ListenError.self) { try UnixListeners(path: path, mode: 0o600, count: 1) }
      if case .badPath = error { continue }
      Issue.record("\(path): \(error as Any)")
    }
  }
}
