import ApusTestSupport
import Glibc
import Testing

/// `apus serve` at the signals that shells, terminals and supervisors send. Each test waits
/// for what the process does.
@Suite(.serialized, .timeLimit(.minutes(10))) struct CommandSignalTests {
  private let site = TemporaryTree()

  init() { site.file("index.html", "Hello") }

  private func serve(_ arguments: String..., options: [String] = []) throws -> (Subprocess, UInt16) {
    let process = try Subprocess.apus(
      ["serve", site.path, "--port", "0", "--cores", "1"] + arguments, options: options)
    return (process, try #require(process.announcedPort()))
  }

  private func get(_ port: UInt16) -> String {
    guard let client = LoopbackSocket(connectingTo: port) else { return "refused" }
    client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
    return client.receive(until: "Hello")
  }

  @Test(arguments: [SIGTERM, SIGINT, SIGQUIT])
  func `a signal that ends the server drains it`(number: Int32) throws {
    let (process, port) = try serve()
    let client = try #require(LoopbackSocket(connectingTo: port))
    // A whole exchange, then half a request.
    client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\nGET / HTTP/1.1\r\n")
    #expect(client.receive(until: "Hello").contains("Hello"))
    process.signal(number)
    try #require(eventually { LoopbackSocket(connectingTo: port) == nil }, "the drain does not begin")
    client.send("Host: test\r\n\r\n")
    #expect(client.receive(until: "Hello").contains("Connection: close"))
    #expect(process.end().code == 0)
    #expect(process.said.contains("requests=2"))
  }

  @Test func `signals without a job do nothing`() throws {
    let (process, port) = try serve()
    for number in [SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH, SIGPIPE] {
      for _ in 0..<3 { process.signal(number) }
      #expect(get(port).contains("Hello"), "signal \(number)")
    }
    process.signal(SIGTERM)
    #expect(process.end().code == 0)
    #expect(process.said.contains("requests=5"))
  }

  @Test(arguments: [SIGHUP, SIGUSR1]) func `the log is opened anew`(number: Int32) throws {
    let (process, port) = try serve("--access-log", site.absolute("log"))
    #expect(get(port).contains("Hello"))
    site.rename("log", to: "log.1")
    process.signal(number)
    let isOpenAnew = process.listen(for: "opened anew")
    try #require(isOpenAnew)
    #expect(get(port).contains("Hello"))
    process.signal(SIGTERM)
    #expect(process.end().code == 0)
    #expect(String(decoding: site.contents("log"), as: UTF8.self).contains("GET / HTTP/1.1"))
  }

  @Test(arguments: [SIGHUP, SIGUSR1])
  func `a log whose reader has gone holds no signal up`(number: Int32) throws {
    site.fifo("log")
    let reader = open(site.absolute("log"), O_RDONLY | O_NONBLOCK)
    let (process, port) = try serve("--access-log", site.absolute("log"))
    close(reader)
    process.signal(number)
    let isTold = process.listen(for: "nobody reads from it")
    try #require(isTold)
    #expect(get(port).contains("Hello"))
    process.signal(SIGTERM)
    #expect(process.end().code == 0)
  }

  /// What nohup(1) and a shell's `&` ask for.
  @Test func `a signal that the parent ignores does not end the server`() throws {
    let (process, port) = try serve(options: ["--ignore-signal=HUP,INT,QUIT"])
    for number in [SIGHUP, SIGINT, SIGQUIT] {
      process.signal(number)
      #expect(get(port).contains("Hello"), "signal \(number)")
    }
    process.signal(SIGTERM)
    #expect(process.end().code == 0)
  }

  @Test func `a signal that the parent has blocked is handled`() throws {
    let (process, port) = try serve(options: ["--block-signal=TERM,HUP,USR1"])
    process.signal(SIGHUP)
    #expect(get(port).contains("Hello"))
    process.signal(SIGTERM)
    #expect(process.end().code == 0)
  }

  @Test func `two different signals to end are two`() throws {
    let (process, port) = try serve()
    let client = try #require(LoopbackSocket(connectingTo: port))
    client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\nGET / HTTP/1.1\r\n")
    #expect(client.receive(until: "Hello").contains("Hello"))
    process.signal(SIGQUIT)
    try #require(eventually { LoopbackSocket(connectingTo: port) == nil }, "the drain does not begin")
    process.signal(SIGTERM)
    #expect(process.end().code == 2)
  }

  /// Starts a program with a terminal of its own, waits until it has said what it says there when it serves,
  /// and takes the terminal away: it is hung up on.
  private static let hangUp = """
    import os, pty, signal, sys
    ignores = sys.argv[1] == "ignore"
    child, terminal = pty.fork()
    if child == 0:
        signal.signal(signal.SIGHUP, signal.SIG_IGN if ignores else signal.SIG_DFL)
        os.execv(sys.argv[2], sys.argv[2:])
    said = b""
    while b"Ctrl-C" not in said: said += os.read(terminal, 4096)
    os.close(terminal)
    if ignores:
        os.kill(child, signal.SIGHUP)
        os.kill(child, signal.SIGUSR2)
        os.kill(child, signal.SIGTERM)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """

  @Test(
    .enabled(if: Subprocess.exists("python3"), "python3 is not installed"), arguments: ["default", "ignore"])
  func `the end of its terminal drains it, and nohup keeps it from that`(disposition: String) throws {
    let end = try Subprocess.run([
      "python3", "-c", Self.hangUp, disposition, try Subprocess.product("apus"), "serve", site.path, "--port",
      "0", "--cores", "1",
    ])
    #expect(end.output == "0\n")
  }

  @Test func `help has the table`() throws {
    let process = try Subprocess.apus(["serve", "--help"])
    let help = process.end().output
    for word in ["SIGNALS", "TERM INT QUIT", "HUP USR1", "USR2 WINCH PIPE", "nohup"] {
      #expect(help.contains(word))
    }
  }
}
