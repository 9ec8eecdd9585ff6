import ApusTestSupport
import Glibc
import Testing

/// A mount namespace (mount_namespaces(7)) in which /proc and /sys are empty.
private enum Hidden {
  static let command = [
    "unshare", "--mount", "--propagation", "private", "sh", "-c",
    "mount -t tmpfs none /proc && mount -t tmpfs none /sys && exec \"$@\"", "sh",
  ]

  static let isAllowed = (try? Subprocess.run(command + ["test", "!", "-e", "/proc/self"]))?.code == 0
}

/// The command where a container or a chroot(2) has neither /proc nor /sys.
@Suite(
  .serialized, .timeLimit(.minutes(10)),
  .enabled(if: Hidden.isAllowed, "this user may not make a mount namespace (unshare(1))"),
  .disabled(if: Sanitizer.isAddress, "AddressSanitizer needs /proc"))
struct CommandWithoutProcTests {
  private func apus(_ arguments: String...) throws -> Subprocess {
    try Subprocess(Hidden.command + [try Subprocess.product("apus")] + arguments, isOutputApart: true)
  }

  @Test func `every subcommand has its arguments`() throws {
    let version = try apus("--version").end()
    #expect(version.code == 0)
    #expect(version.output.split(separator: ".").count == 3)
    #expect(try apus("serve", "/no/such/directory").end().code == 78)
    #expect(try apus("fetch", "http://127.0.0.1:1/").end().code == 1)
    #expect(try apus("bench", "http://127.0.0.1:1/", "-d", "1s").end().code == 1)
    #expect(try apus("serve", "--no-such-option").end().code == 64)
  }

  @Test func `it serves, and is asked and measured`() throws {
    let site = TemporaryTree()
    site.file("index.html", "Hello")
    let server = try apus("serve", site.path, "--port", "0")
    let port = try #require(server.announcedPort())
    #expect(try apus("fetch", "http://127.0.0.1:\(port)/").end().output == "Hello")
    let bench = try apus("bench", "http://127.0.0.1:\(port)/", "-c", "2", "-d", "100ms").end()
    #expect(bench.code == 0 && bench.output.contains("requests a second"))
    server.signal(SIGTERM)
    #expect(server.end().code == 0)
  }
}

@Suite struct CommandWithoutSubcommandTests {
  @Test func `without a subcommand nothing was done, and the exit code says so`() throws {
    let process = try Subprocess.apus([])
    let end = process.end()
    #expect(end.code == 64)
    #expect(end.output.isEmpty)
    #expect(process.said.contains("serve") && process.said.contains("fetch"))
  }
}
