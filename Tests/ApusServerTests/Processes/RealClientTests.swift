import Apus
import ApusEngine
import ApusTestSupport
import Foundation
import Testing

/// Clients that others wrote. Reuse is counted on the server's side.
@Suite struct RealClientTests {
  /// A Python that has aiohttp, named by APUS_TEST_PYTHON.
  static let python = ProcessInfo.processInfo.environment["APUS_TEST_PYTHON"]

  private static func router(_ tree: TemporaryTree) -> Router {
    var router = testRoutes()
    router.files("/files", StaticFiles(root: tree.path))
    return router
  }

  @Test(.enabled(if: Subprocess.exists("curl"), "curl is not installed"))
  func `curl asks ten times over one connection`() throws {
    let (_, summary) = try withServer { server in
      let (code, output) = try Subprocess.run(
        ["curl", "-sS", "--fail"] + (0..<10).map { "http://127.0.0.1:\(server.port)/n/\($0)" })
      #expect(code == 0 && output == "0123456789", "\(output)")
    }
    #expect(summary.connections == 1)
    #expect(summary.reusedConnections == 9)
  }

  @Test(.enabled(if: Subprocess.exists("curl"), "curl is not installed"))
  func `curl takes ranges, conditions and heads of a file`() throws {
    let tree = TemporaryTree()
    tree.file("alphabet.txt", "abcdefghijklmnopqrstuvwxyz")
    let etag = tree.absolute("etag.txt")
    try withServer(Self.router(tree)) { server in
      let file = "http://127.0.0.1:\(server.port)/files/alphabet.txt"
      #expect(try Subprocess.run(["curl", "-sS", "-r", "2-4", file]).output == "cde")
      #expect(try Subprocess.run(["curl", "-sS", "-r", "-3", file]).output == "xyz")
      #expect(
        try Subprocess.run(["curl", "-sS", "--etag-save", etag, file]).output == "abcdefghijklmnopqrstuvwxyz")
      let status = ["-o", "/dev/null", "-w", "%{http_code} %{size_download}"]
      #expect(
        try Subprocess.run(["curl", "-sS"] + status + ["--etag-compare", etag, file]).output == "304 0")
      #expect(try Subprocess.run(["curl", "-sS"] + status + ["-r", "26-", file]).output.hasPrefix("416 "))
      let head = try Subprocess.run(["curl", "-sSI", file]).output
      #expect(head.hasPrefix("HTTP/1.1 200 "))
      #expect(head.contains("Content-Length: 26\r\n"))
      #expect(try Subprocess.run(["curl", "-sS"] + status + ["-0", file]).output == "200 26")
    }
  }

  @Test(.enabled(if: Subprocess.exists("curl"), "curl is not installed"))
  func `curl posts, chunks, and waits for 100 before a large body`() throws {
    let tree = TemporaryTree()
    let body = pattern(2_000_000)
    tree.file("body.bin", body)
    let path = tree.absolute("body.bin")
    try withServer(testRoutes(), { $0.limits.collectBytes = 4 << 20 }) { server in
      let echo = "http://127.0.0.1:\(server.port)/echo"
      #expect(try Subprocess.run(["curl", "-sS", "-d", "a=b", echo]).output == "a=b")
      for extra in [
        ["-H", "Expect: 100-continue"], ["-H", "Transfer-Encoding: chunked"], ["-H", "Expect:"],
      ] {
        let back = tree.absolute("back.bin")
        let (code, output) = try Subprocess.run(
          ["curl", "-sSv", "--expect100-timeout", "20", "-o", back, "--data-binary", "@\(path)"] + extra + [
            echo
          ])
        #expect(code == 0, "\(output)")
        expectSame(try Data(contentsOf: URL(fileURLWithPath: back)), body)
        if extra[1] == "Expect: 100-continue" { #expect(output.contains("HTTP/1.1 100 Continue")) }
      }
    }
  }

  @Test(.enabled(if: Subprocess.exists("curl"), "curl is not installed"))
  func `curl is told 413 before it sends a body that is too large`() throws {
    let tree = TemporaryTree()
    tree.file("body.bin", pattern(2_000_000))
    let (_, summary) = try withServer { server in
      let (code, output) = try Subprocess.run([
        "curl", "-sS", "-o", "/dev/null", "-w", "%{http_code} %{size_upload}", "-H", "Expect: 100-continue",
        "--expect100-timeout", "20", "--data-binary", "@\(tree.absolute("body.bin"))",
        "http://127.0.0.1:\(server.port)/echo",
      ])
      #expect(code == 0 && output == "413 0", "\(output)")
    }
    #expect(summary.counters.bytesReceived < 10_000)
  }

  @Test(.enabled(if: Subprocess.exists("python3"), "python3 is not installed"))
  func `Python's http.client keeps its connection through every method`() throws {
    let script = """
      import http.client, sys
      c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=20)
      def ask(*a, **k):
          c.request(*a, **k); r = c.getresponse(); return r.status, r.read()
      for n in range(50):
          assert ask("GET", "/n/%d" % n) == (200, b"%d" % n)
      assert ask("HEAD", "/bytes/100000") == (200, b"")
      assert ask("POST", "/echo", body=b"x" * 300000) == (200, b"x" * 300000)
      assert ask("POST", "/echo", body=iter([b"ab", b"c"]), encode_chunked=True,
                 headers={"Transfer-Encoding": "chunked"}) == (200, b"abc")
      assert ask("GET", "/missing")[0] == 404
      assert ask("POST", "/missing", body=b"x" * 1000)[0] == 404
      assert ask("DELETE", "/echo")[0] == 405
      assert ask("OPTIONS", "/echo")[0] == 204
      assert ask("GET", "/n/1") == (200, b"1")
      print("fine")
      """
    let (_, summary) = try withServer { server in
      let (code, output) = try Subprocess.run(["python3", "-c", script, "\(server.port)"])
      #expect(code == 0 && output == "fine\n", "\(output)")
    }
    #expect(summary.connections == 1)
    #expect(summary.requests == 58)
  }

  @Test(.enabled(if: python != nil, "APUS_TEST_PYTHON names no Python with aiohttp"))
  func `aiohttp reuses its connections, and opens new ones behind the idle time-out`() throws {
    let script = """
      import aiohttp, asyncio, sys
      async def main():
          url = "http://127.0.0.1:" + sys.argv[1]
          async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=4)) as s:
              async def get(n):
                  async with s.get(url + "/n/%d" % n) as r:
                      assert (r.status, await r.text()) == (200, str(n))
              for n in range(100):
                  await get(n)
              print("one")
              await asyncio.gather(*(get(n) for n in range(400)))
              async with s.post(url + "/echo", data=b"y" * 500000) as r:
                  assert await r.read() == b"y" * 500000
              await asyncio.sleep(7)
              for n in range(10):
                  await get(n)
              print("fine")
      asyncio.run(main())
      """
    // So long that a busy machine makes no connection idle before its time.
    let (_, summary) = try withServer(testRoutes(), { $0.timeouts.keepAlive = .seconds(5) }) {
      server in
      let (code, output) = try Subprocess.run([Self.python!, "-c", script, "\(server.port)"])
      #expect(code == 0 && output == "one\nfine\n", "\(output)")
    }
    #expect(summary.requests == 511)
    #expect(summary.connections <= 5)
    #expect(summary.closes(.idle) >= 1)
  }
}
