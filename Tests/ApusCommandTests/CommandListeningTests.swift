import ApusTestSupport
import Glibc
import Testing

/// The ways to say where `apus serve` listens, and a machine without IPv6.
@Suite(.serialized, .timeLimit(.minutes(10))) struct CommandListeningTests {
  private let site = TemporaryTree()

  init() { site.file("index.html", "Hello") }

  /// Serves, is asked at 127.0.0.1, ends; answers what it said.
  private func serve(_ arguments: String...) throws -> String {
    let process = try Subprocess.apus(["serve", site.path, "--cores", "1"] + arguments)
    guard let port = process.announcedPort() else {
      Issue.record("\(arguments): \(process.end().code) \(process.said)")
      return ""
    }
    let client = try #require(LoopbackSocket(connectingTo: port))
    client.send("GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
    #expect(client.receive(until: "Hello").contains("Hello"))
    process.signal(SIGTERM)
    #expect(process.end().code == 0)
    return process.said
  }

  @Test(arguments: ["*:0", ":0", "0", "0.0.0.0:0", "localhost:0", "127.0.0.1:0"])
  func `an address in each usual spelling is served`(spelling: String) throws {
    _ = try serve("--listen", spelling)
  }

  @Test(arguments: ["*", "0.0.0.0", "localhost"]) func `so is a host`(spelling: String) throws {
    _ = try serve("--host", spelling, "--port", "0")
  }

  @Test(.enabled(if: LoopbackSocket.hasVersion6, "this machine has no IPv6"))
  func `both wildcards have one port, and each family its own socket`() throws {
    let said = try serve("--listen", "0.0.0.0:0", "--listen", "[::]:0")
    let ports = said.matches(of: /listening="?0\.0\.0\.0:(\d+) \[::\]:(\d+)/)
    #expect(ports.count == 1 && ports[0].1 == ports[0].2, "\(said)")
  }

  /// A program for which the kernel has no IPv6: a classic BPF filter (seccomp(2)) that lets socket(2) fail
  /// with EAFNOSUPPORT for AF_INET6.
  private static let without = """
    import ctypes, os, struct, sys
    number = {"x86_64": 41, "aarch64": 198}[os.uname().machine]
    code = [(0x20, 0, 0, 0), (0x15, 0, 3, number), (0x20, 0, 0, 16), (0x15, 0, 1, 10), (0x06, 0, 0, 0x00050000 | 97), (0x06, 0, 0, 0x7fff0000)]
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *c) for c in code))
    class Filter(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(38, 1, 0, 0, 0) == 0
    assert libc.prctl(22, 2, ctypes.byref(Filter(len(code), ctypes.addressof(program)))) == 0
    os.execv(sys.argv[1], sys.argv[1:])
    """

  private func apusWithoutVersion6(_ arguments: String...) throws -> Subprocess {
    try Subprocess(
      ["python3", "-c", Self.without, try Subprocess.product("apus"), "serve", site.path] + arguments,
      isOutputApart: true)
  }

  @Test(.enabled(if: Subprocess.exists("python3"), "python3 is not installed"))
  func `without IPv6 everywhere is every address of IPv4`() throws {
    let process = try apusWithoutVersion6("--listen", "*:0", "--cores", "1")
    let port = try #require(process.announcedPort())
    #expect(process.said.contains("0.0.0.0:\(port)"))
    #expect(LoopbackSocket(connectingTo: port) != nil)
    process.signal(SIGTERM)
    #expect(process.end().code == 0)
  }

  @Test(
    .enabled(if: Subprocess.exists("python3"), "python3 is not installed"),
    arguments: [
      ["--listen", "[::]:0"], ["--listen", "0.0.0.0:0", "--listen", "[::]:0"], ["--host", "::1"],
    ])
  func `without IPv6 an address of IPv6 is refused, and one that works is named`(arguments: [String]) throws {
    let process = try Subprocess(
      ["python3", "-c", Self.without, try Subprocess.product("apus"), "serve", site.path, "--port", "0"]
        + arguments,
      isOutputApart: true)
    #expect(process.end().code == 78)
    #expect(process.said.contains("no IPv6") && process.said.contains("*:"), "\(process.said)")
  }

  @Test func `the error names the address that is taken, and no other program`() throws {
    let holder = LoopbackSocket.listening()
    let process = try Subprocess.apus([
      "serve", site.path, "--listen", "127.0.0.1:\(holder.port)", "--listen", "127.0.0.1:\(holder.port)",
    ])
    #expect(process.end().code == 69)
    #expect(process.said.contains("port \(holder.port) on 127.0.0.1 is in use"), "\(process.said)")
  }
}
