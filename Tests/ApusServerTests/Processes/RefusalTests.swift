import Apus
import ApusTestTree
import Foundation
import Testing

/// A server that cannot start says so, and leaves nothing behind.
@Suite(.timeLimit(.minutes(1))) struct RefusalTests {
  @Test(arguments: [1, 2]) func `a core that cannot start ends the start, and gives the port back`(
    _ cores: Int
  ) throws {
    var configuration = Server.Configuration()
    // An address of its own: no other test takes the port meanwhile.
    configuration.host = "127.0.7.\(cores)"
    configuration.port = 0
    configuration.cores = .count(cores)
    let first = try Server(testRoutes(), configuration: configuration).start()
    configuration.port = first.port
    first.drain()
    _ = first.wait()
    var router = testRoutes()
    router.files("/files", StaticFiles(root: "/no/such/directory"))
    #expect(throws: ServerError.self) { try Server(router, configuration: configuration).start() }
    let second = try Server(testRoutes(), configuration: configuration).start()
    second.drain()
    _ = second.wait()
  }

  /// A seccomp filter (prctl(2)) that answers one system call with an errno, then the command.
  private static let filter = """
    import ctypes, os, struct, sys
    errno, number = int(sys.argv[1]), int(sys.argv[2])
    steps = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, 0x00050000 | errno), (0x06, 0, 0, 0x7fff0000)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *s) for s in steps))
    class Program(ctypes.Structure):
        _fields_ = [("count", ctypes.c_ushort), ("steps", ctypes.c_void_p)]
    libc = ctypes.CDLL(None)
    libc.prctl(38, 1, 0, 0, 0)
    assert libc.prctl(22, 2, ctypes.byref(Program(4, ctypes.addressof(code))), 0, 0) == 0
    os.execv(sys.argv[3], sys.argv[3:])
    """

  /// io_uring_enter and io_uring_register; the numbers are the same on all machines.
  @Test(
    .enabled(if: Subprocess.exists("python3"), "python3 is not installed"), arguments: [426, 427],
    [(errno: 1, word: "seccomp"), (errno: 38, word: "ENOSYS")])
  func `an io_uring that may be made and not used ends with 78 and the remedy`(
    _ number: Int, _ refusal: (errno: Int, word: String)
  ) throws {
    let site = TemporaryTree()
    let (code, output) = try Subprocess.run([
      "python3", "-c", Self.filter, "\(refusal.errno)", "\(number)", try Subprocess.product("apus"), "serve",
      site.path, "--port", "0", "--cores", "1",
    ])
    #expect(code == 78, "\(output)")
    #expect(output.contains(refusal.word), "\(output)")
    #expect(output.split(separator: "\n").count == 1, "\(output)")
  }
}
