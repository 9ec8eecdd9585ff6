import ApusRing
import ApusTestSupport
import Foundation
import Testing

/// The command under load, and where it may not have a ring.
@Suite struct SignalTests {
  @Test func `SIGTERM under load ends with 0, and no request that was taken is lost or cut`() throws {
    let tree = TemporaryTree()
    let content = pattern(20_000)
    tree.file("page.bin", content)
    let command = try Subprocess([
      try Subprocess.product("apus"), "serve", tree.path, "--port", "0", "--cores", "1",
    ])
    let port = try #require(command.announcedPort())
    let tally = Tally(awaiting: 2000)
    let crowd = Crowd(8) { _ in
      defer { tally.end() }
      try Self.loadUntilRefused(port, content, tally)
    }
    tally.wait()
    command.signal(SIGTERM)
    try crowd.join()
    let end = command.end()
    #expect(end.code == 0, "\(end.output)")
    #expect(tally.answers >= 2000)
    #expect(tally.faults.isEmpty, "\(tally.faults)")
  }

  /// One keep-alive connection after another; a connection that ends before its first answer was refused.
  /// Between two requests a client's thread may stand still for the second that a drain gives an idle
  /// connection; then the server may end it.
  private static func loadUntilRefused(_ port: UInt16, _ content: [UInt8], _ tally: Tally) throws {
    while let client = try? WireClient(port: port) {
      var isFresh = true
      let clock = ContinuousClock()
      var sent = clock.now
      while true {
        let gap = clock.now - sent
        sent = clock.now
        do {
          let answer = try client.get("/page.bin")
          tally.answer()
          if answer.status != 200 || answer.body != content {
            tally.fault("\(answer.status), \(answer.body.count) bytes")
          }
          isFresh = false
          if answer.saysClose { break }
        } catch WireClient.Failure.ended(_, let rest)
          where rest.isEmpty && gap > .milliseconds(900)
        {
          break
        } catch {
          if !isFresh { tally.fault("\(error)") }
          break
        }
      }
    }
  }

  /// A program that forbids itself a system call, as container runtimes do, and becomes another: a classic
  /// BPF filter (seccomp(2)) of four instructions, whose answer is the errno that it is given.
  /// The numbers of io_uring_setup, io_uring_enter and io_uring_register, 425 to 427, are
  /// the same on all machines.
  private static let forbidden = """
    import ctypes, os, struct, sys
    error, number = int(sys.argv[1]), int(sys.argv[2])
    code = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, 0x00050000 | error), (0x06, 0, 0, 0x7fff0000)]
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *c) for c in code))
    class Filter(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(38, 1, 0, 0, 0) == 0
    assert libc.prctl(22, 2, ctypes.byref(Filter(len(code), ctypes.addressof(program)))) == 0
    os.execv(sys.argv[3], sys.argv[3:])
    """

  @Test(
    .enabled(if: Subprocess.exists("python3"), "python3 is not installed"),
    arguments: [425, 426, 427], [(EPERM, "forbidden"), (ENOSYS, "not available"), (ENOMEM, "locked memory")])
  func `without io_uring the command ends with 78 and says what to do`(
    call: Int, refusal: (errno: Int32, word: String)
  ) throws {
    let tree = TemporaryTree()
    let (code, output) = try Subprocess.run([
      "python3", "-c", Self.forbidden, "\(refusal.errno)", "\(call)", try Subprocess.product("apus"), "serve",
      tree.path, "--port", "0",
    ])
    #expect(code == 78, "\(output)")
    #expect(output.contains(refusal.word), "\(output)")
  }
}
