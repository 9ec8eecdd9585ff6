import Apus
import ApusRing
import ApusTestSupport
import ApusWire
import Testing

/// K1, K5 and K6, others' clients at our server: each keeps one connection through every kind of answer,
/// hears a refusal in the middle of its upload, and loses nothing when the server closes first.
@Suite struct PeerClientTests {
  /// Method, path, bytes of the body; then status and bytes of the content.
  private static let matrix: [(method: ApusWire.Method, path: String, body: Int, answer: String)] = [
    (.get, "/n/1", 0, "200 1"), (.head, "/bytes/100", 0, "200 0"), (.get, "/status/204", 0, "204 0"),
    (.head, "/status/204", 0, "204 0"), (.get, "/status/304", 0, "304 0"),
    (.head, "/status/304", 0, "304 0"), (.post, "/echo", 1000, "200 1000"), (.head, "/missing", 0, "404 0"),
    (.post, "/small", 5, "200 1"), (.get, "/bytes/70000", 0, "200 70000"), (.get, "/n/20", 0, "200 2"),
  ]
  private static let rounds = 3

  private static let questions =
    "[" + matrix.map { "[\"\($0.method.name)\", \"\($0.path)\", \($0.body)]" }.joined(separator: ",") + "]"
  private static let answers =
    String(repeating: matrix.map { "\($0.method.name) \($0.path) \($0.answer)\n" }.joined(), count: rounds)

  /// Runs a client that asks everything and prints what it was answered.
  private func ask(_ command: (UInt16) -> [String]) throws {
    let (_, summary) = try withServer(clientRoutes()) { server in
      let (code, output) = try Subprocess.run(command(server.port))
      #expect(code == 0 && output == Self.answers, "\(output)")
    }
    #expect(summary.connections == 1)
    #expect(summary.requests == UInt64(Self.matrix.count * Self.rounds))
  }

  @Test(.enabled(if: Subprocess.exists("curl"), "curl is not installed"))
  func `curl keeps its connection through every answer`() throws {
    try ask { port in
      var command = ["curl"]
      for round in 0..<Self.rounds {
        for (index, question) in Self.matrix.enumerated() {
          if round + index > 0 { command.append("--next") }
          command += [
            "-sS", "-o", "/dev/null", "-w",
            "\(question.method.name) \(question.path) %{http_code} %{size_download}\n",
          ]
          if question.method == .head { command.append("-I") }
          if question.body > 0 { command += ["-d", String(repeating: "x", count: question.body)] }
          command.append("http://127.0.0.1:\(port)\(question.path)")
        }
      }
      return command
    }
  }

  @Test(.enabled(if: PeerServer.hasNode, "node is not installed"))
  func `Node keeps its connection through every answer`() throws {
    let script = """
      const http = require('http'), [port, questions] = process.argv.slice(-2);
      const agent = new http.Agent({keepAlive: true, maxSockets: 1});
      const ask = (method, path, size) => new Promise((done, fail) => {
        const headers = size ? {'Content-Length': size} : {};
        const request = http.request({host: '127.0.0.1', port, method, path, agent, headers}, (answer) => {
          let count = 0;
          answer.on('data', (part) => count += part.length);
          answer.on('end', () => done(answer.statusCode + ' ' + count));
        });
        request.on('error', fail);
        request.end('x'.repeat(size));
      });
      (async () => {
        for (let round = 0; round < \(Self.rounds); round++)
          for (const [method, path, size] of JSON.parse(questions))
            console.log(method + ' ' + path + ' ' + await ask(method, path, size));
        agent.destroy();
      })();
      """
    try ask { port in ["node", "-e", script, "\(port)", Self.questions] }
  }

  @Test(.enabled(if: Subprocess.exists("python3"), "python3 is not installed"))
  func `Python's http.client keeps its connection through every answer`() throws {
    let script = """
      import http.client, json, sys
      c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=60)
      for method, path, size in json.loads(sys.argv[2]) * \(Self.rounds):
          c.request(method, path, body=b"x" * size if size else None)
          answer = c.getresponse()
          print(method, path, answer.status, len(answer.read()))
      """
    try ask { port in ["python3", "-c", script, "\(port)", Self.questions] }
  }

  @Test(.enabled(if: PeerServer.hasAiohttp, "APUS_TEST_PYTHON names no Python with aiohttp"))
  func `aiohttp keeps its connection through every answer`() throws {
    let script = """
      import aiohttp, asyncio, json, sys
      async def main():
          async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as s:
              for method, path, size in json.loads(sys.argv[2]) * \(Self.rounds):
                  data = b"x" * size if size else None
                  async with s.request(method, "http://127.0.0.1:" + sys.argv[1] + path, data=data) as r:
                      print(method, path, r.status, len(await r.read()))
      asyncio.run(main())
      """
    try ask { port in [RealClientTests.python!, "-c", script, "\(port)", Self.questions] }
  }

  /// A proxy between our client and our server: `start` runs it in front of a port and
  /// hands over the URL to ask.
  private func askThrough(
    _ start: @Sendable (String, _ body: @Sendable (String) async throws -> Void) async throws -> Void
  ) async throws {
    let (_, summary) = try await withServer { url in
      try await start(String(url.split(separator: ":").last!)) { base in
        let client = patientClient()
        for _ in 0..<Self.rounds {
          for question in Self.matrix {
            var request = ClientRequest(question.method, base + question.path)
            if question.body > 0 { request.body = .text(String(repeating: "x", count: question.body)) }
            let answer = try await client.send(request)
            #expect("\(answer.status.code) \(answer.bytes.count)" == question.answer, "\(question)")
          }
        }
      }
    }
    #expect(summary.connections == 1)
    #expect(summary.requests == UInt64(Self.matrix.count * Self.rounds))
  }

  @Test(.enabled(if: PeerServer.hasNginx, "nginx is not installed"))
  func `nginx as a proxy keeps its connection through every answer`() async throws {
    try await askThrough { port, body in
      try await PeerServer.nginx(
        http: "upstream ours { server 127.0.0.1:\(port); keepalive 1; keepalive_timeout 600s; }",
        server:
          "keepalive_timeout 600s; location / { proxy_pass http://ours; proxy_http_version 1.1; proxy_set_header Connection \"\"; }"
      ) { try await body($0.url) }
    }
  }

  @Test(.enabled(if: PeerServer.hasH2O, "h2o is not installed"))
  func `h2o as a proxy keeps its connection through every answer`() async throws {
    try await askThrough { port, body in
      try await PeerServer.h2o(
        settings: "http1-request-timeout: 600\nproxy.timeout.keepalive: 600000",
        paths: "\"/up\": {proxy.reverse.url: \"http://127.0.0.1:\(port)/\"}"
      ) { try await body($0.url + "/up") }
    }
  }

  // MARK: refusals in the middle of an upload

  private func upload(_ command: (String) -> [String]) throws {
    let (_, summary) = try withServer(
      testRoutes(),
      {
        $0.limits.collectBytes = 100_000
        $0.timeouts.linger = .seconds(20)
      }
    ) { server in
      let (code, output) = try Subprocess.run(command("http://127.0.0.1:\(server.port)/echo"))
      #expect(code == 0 && output == "413\n", "\(code) \(output)")
    }
    #expect(summary.closes(.protocolError) == 1)
  }

  @Test(.enabled(if: Subprocess.exists("curl"), "curl is not installed"))
  func `curl hears a refusal of an upload that would never end`() throws {
    try upload {
      [
        "curl", "-sS", "-T", "/dev/zero", "-X", "POST", "-H", "Expect:", "-o", "/dev/null", "-w",
        "%{http_code}\n", $0,
      ]
    }
  }

  @Test(.enabled(if: PeerServer.hasNode, "node is not installed"))
  func `Node hears a refusal of an upload that would never end`() throws {
    let script = """
      let over = false;
      const request = require('http').request(process.argv[1], {method: 'POST'}, (answer) => {
        over = true;
        console.log(answer.statusCode);
        request.destroy();
      });
      request.on('error', (error) => { if (!over) console.log(error.code); });
      const write = () => { while (!over && request.write('x'.repeat(10000))) {} };
      request.on('drain', write);
      write();
      """
    try upload { ["node", "-e", script, $0] }
  }

  @Test(.enabled(if: PeerServer.hasAiohttp, "APUS_TEST_PYTHON names no Python with aiohttp"))
  func `aiohttp hears a refusal of an upload that would never end`() throws {
    let script = """
      import aiohttp, asyncio, sys
      async def endless():
          while True:
              yield b"x" * 10000
      async def main():
          async with aiohttp.ClientSession() as s:
              async with s.post(sys.argv[1], data=endless()) as r:
                  print(r.status)
      asyncio.run(main())
      """
    try upload { [RealClientTests.python!, "-c", script, $0] }
  }

  // MARK: the close race

  @Test(.enabled(if: PeerServer.hasAiohttp, "APUS_TEST_PYTHON names no Python with aiohttp"))
  func `aiohttp loses no request to our close, and we answer none of its POSTs twice`() throws {
    let script = """
      import aiohttp, asyncio, sys
      url = "http://127.0.0.1:" + sys.argv[1]
      async def probe(method, gap):
          async with aiohttp.ClientSession() as s:
              async with s.get(url + "/n/1") as r: await r.read()
              await asyncio.sleep(gap / 1000)
              try:
                  async with s.request(method, url + "/once/%s-%d" % (method, gap)) as r:
                      await r.read()
                      return "" if r.status == 200 else "%d" % r.status
              except aiohttp.ClientError as error:
                  return "" if method == "POST" else "%s after %d ms: %r" % (method, gap, error)
      async def main():
          probes = [probe(m, gap) for m in ("GET", "POST") for gap in range(270, 331)]
          print("".join(await asyncio.gather(*probes)))
      asyncio.run(main())
      """
    let counts = Lock<[String: Int]>([:])
    var router = testRoutes()
    for method in [ApusWire.Method.get, .post] {
      router.on(method, "/once/{what}") { request in
        counts.withLock { $0[request.parameter("what") ?? "", default: 0] += 1 }
        return .text("once")
      }
    }
    try withServer(router, { $0.timeouts.keepAlive = .milliseconds(300) }) { server in
      let (code, output) = try Subprocess.run([RealClientTests.python!, "-c", script, "\(server.port)"])
      #expect(code == 0 && output == "\n", "\(output)")
    }
    let posts = counts.withLock { $0.filter { $0.key.hasPrefix("POST") } }
    #expect(posts.count > 20 && posts.values.allSatisfy { $0 == 1 })
  }
}
