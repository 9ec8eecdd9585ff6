import ApusRing
import ApusTestSupport
import Glibc
import Testing

/// `DIR/html` is the root; `DIR/secret.txt` lies outside.
private func makeTree() -> TemporaryTree {
  let tree = TemporaryTree()
  tree.file("secret.txt", "TOPSECRET")
  tree.directory("html")
  tree.file("html/page.txt", "page")
  tree.directory("html/sub")
  tree.file("html/sub/inner.txt", "inner")
  return tree
}

private func open(
  _ path: String, in root: borrowing RootDirectory, following policy: SymlinkPolicy = .inside
) throws(FileError) -> FileMetadata {
  let bytes = Array(path.utf8)
  return try root.open(bytes.span, following: policy).metadata
}

@Suite struct RootDirectoryTests {
  /// Lives as long as the test.
  private let tree = makeTree()

  @Test func `a file below the root opens with its size and kind`() throws {
    let root = try RootDirectory(path: tree.absolute("html"))
    let metadata = try open("sub/inner.txt", in: root)
    #expect(metadata.size == 5)
    #expect(metadata.kind == .regular)
  }

  @Test func `an empty path is the root itself`() throws {
    let root = try RootDirectory(path: tree.absolute("html"))
    #expect(try open("", in: root).kind == .directory)
    #expect(try open("sub", in: root).kind == .directory)
  }

  @Test func `the modification time is the one that the file system keeps`() throws {
    tree.touch("html/page.txt", seconds: 1_709_618_828, nanoseconds: 123_000_000)
    let root = try RootDirectory(path: tree.absolute("html"))
    let metadata = try open("page.txt", in: root)
    #expect(metadata.modifiedSeconds == 1_709_618_828)
    #expect(metadata.modifiedNanoseconds == 123_000_000)
  }

  @Test(arguments: [SymlinkPolicy.never, .inside, .any])
  func `no path climbs out of the root`(policy: SymlinkPolicy) throws {
    let root = try RootDirectory(path: tree.absolute("html"))
    for path in ["../secret.txt", "sub/../../secret.txt", "/etc/hostname", "..", "sub/../.."] {
      #expect(throws: FileError.escapes, "\(path)") { try open(path, in: root, following: policy) }
    }
  }

  @Test func `a relative link out of the root is refused, and one inside is followed`() throws {
    tree.link("html/out.txt", to: "../secret.txt")
    tree.link("html/in.txt", to: "sub/inner.txt")
    tree.link("html/sub/up.txt", to: "../page.txt")
    let root = try RootDirectory(path: tree.absolute("html"))
    #expect(throws: FileError.escapes) { try open("out.txt", in: root) }
    #expect(try open("in.txt", in: root).size == 5)
    #expect(try open("sub/up.txt", in: root).size == 4)
  }

  @Test func `an absolute link is refused, even one that leads back inside`() throws {
    tree.link("html/host.txt", to: "/etc/hostname")
    tree.link("html/back.txt", to: tree.absolute("html/page.txt"))
    let root = try RootDirectory(path: tree.absolute("html"))
    #expect(throws: FileError.escapes) { try open("host.txt", in: root) }
    #expect(throws: FileError.escapes) { try open("back.txt", in: root) }
  }

  @Test func `a link in the middle of a path is held to the same rule`() throws {
    tree.link("html/up", to: "..")
    let root = try RootDirectory(path: tree.absolute("html"))
    #expect(throws: FileError.escapes) { try open("up/secret.txt", in: root) }
    #expect(try open("up/secret.txt", in: root, following: .any).size == 9)
  }

  @Test func `without links none is followed`() throws {
    tree.link("html/in.txt", to: "sub/inner.txt")
    let root = try RootDirectory(path: tree.absolute("html"))
    #expect(throws: FileError.escapes) { try open("in.txt", in: root, following: .never) }
    #expect(try open("page.txt", in: root, following: .never).size == 4)
  }

  @Test(arguments: [SymlinkPolicy.never, .inside, .any])
  func `a magic link of proc is refused by every policy`(policy: SymlinkPolicy) throws {
    let root = try RootDirectory(path: "/proc/self")
    #expect(throws: FileError.escapes) { try open("cwd/Package.swift", in: root, following: policy) }
    #expect(throws: FileError.escapes) { try open("exe", in: root, following: policy) }
  }

  @Test(.timeLimit(.minutes(10))) func `a FIFO without a writer is refused at once`() throws {
    tree.fifo("html/fifo")
    let root = try RootDirectory(path: tree.absolute("html"))
    #expect(throws: FileError.notRegular) { try open("fifo", in: root) }
  }

  @Test func `a device and a socket are refused`() throws {
    let devices = try RootDirectory(path: "/dev")
    #expect(throws: FileError.notRegular) { try open("null", in: devices) }
    let socket = UnixSocket.bound(at: tree.absolute("html/s"))
    defer { withExtendedLifetime(socket) {} }
    let root = try RootDirectory(path: tree.absolute("html"))
    #expect(throws: FileError.notRegular) { try open("s", in: root) }
  }

  @Test func `what is not there, and what is a file where a directory should be, are told apart`() throws {
    let root = try RootDirectory(path: tree.absolute("html"))
    #expect(throws: FileError.notFound) { try open("absent.txt", in: root) }
    #expect(throws: FileError.notDirectory) { try open("page.txt/", in: root) }
    #expect(throws: FileError.notDirectory) { try open("page.txt/x", in: root) }
  }

  @Test func `a path that is too long is not found`() throws {
    let root = try RootDirectory(path: tree.absolute("html"))
    #expect(throws: FileError.notFound) { try open(String(repeating: "a/", count: 2200), in: root) }
    #expect(throws: FileError.notFound) { try open(String(repeating: "a/", count: 2047) + "a", in: root) }
    #expect(throws: FileError.notFound) { try open(String(repeating: "n", count: 300), in: root) }
  }

  @Test func `a root that is absent or a file is said so`() {
    #expect(throws: FileError.notFound) { _ = try RootDirectory(path: tree.absolute("nowhere")) }
    #expect(throws: FileError.notDirectory) { _ = try RootDirectory(path: tree.absolute("secret.txt")) }
  }

  @Test func `a root is one directory from one look-up of its name to the next`() throws {
    tree.directory("next")
    tree.file("next/page.txt", "the next page")
    var root = try RootDirectory(path: tree.absolute("html"))
    #expect(root.lookUp() == .unchanged)
    tree.rename("html", to: "moved")
    tree.rename("next", to: "html")
    #expect(try open("page.txt", in: root).size == 4)
    #expect(root.lookUp() == .replaced)
    #expect(try open("page.txt", in: root).size == 13)
    #expect(throws: FileError.escapes) { try open("../moved/page.txt", in: root) }
    #expect(root.lookUp() == .unchanged)
  }

  @Test func `a root's name that is a link is followed wherever it leads`() throws {
    tree.directory("next")
    tree.link("current", to: "html")
    var root = try RootDirectory(path: tree.absolute("current/"))
    #expect(try open("page.txt", in: root).size == 4)
    tree.link("new", to: tree.absolute("next"))
    tree.rename("new", to: "current")
    #expect(root.lookUp() == .replaced)
    #expect(throws: FileError.notFound) { try open("page.txt", in: root) }
    // Another link to the same directory.
    tree.link("new", to: "next")
    tree.rename("new", to: "current")
    #expect(root.lookUp() == .unchanged)
  }

  @Test func `below a root that is gone nothing opens, and it is found again`() throws {
    var root = try RootDirectory(path: tree.absolute("html"))
    tree.rename("html", to: "moved")
    for _ in 0..<2 {
      #expect(root.lookUp() == .failed(.notFound))
      #expect(throws: FileError.notFound) { try open("page.txt", in: root) }
      #expect(throws: FileError.notFound) { try open("secret.txt", in: root, following: .any) }
    }
    tree.file("html", "a file")
    #expect(root.lookUp() == .failed(.notDirectory))
    #expect(throws: FileError.notDirectory) { try open("", in: root) }
    tree.remove("html")
    tree.link("html", to: "html")
    #expect(root.lookUp() == .failed(.escapes))
    tree.remove("html")
    tree.rename("moved", to: "html")
    #expect(root.lookUp() == .replaced)
    #expect(try open("page.txt", in: root).size == 4)
  }

  @Test(.enabled(if: geteuid() != 0, "root may enter everything"))
  func `a root that may not be entered says so until it may`() throws {
    var root = try RootDirectory(path: tree.absolute("html/sub"))
    tree.chmod("html", 0)
    #expect(root.lookUp() == .failed(.forbidden))
    #expect(throws: FileError.forbidden) { try open("inner.txt", in: root) }
    tree.chmod("html", 0o755)
    #expect(root.lookUp() == .replaced)
    #expect(try open("inner.txt", in: root).size == 5)
  }

  @Test func `a relative root begins where the process was, wherever that is moved`() throws {
    let relative = String(repeating: "../", count: 64) + tree.absolute("html").dropFirst()
    var root = try RootDirectory(path: relative)
    #expect(root.lookUp() == .unchanged)
    #expect(try open("page.txt", in: root).size == 4)
  }
}
