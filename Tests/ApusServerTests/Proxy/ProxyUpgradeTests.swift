import Apus
import ApusEngine
import ApusTestTree
import Foundation
import Testing

/// A switch of protocols through a proxy of ours, over loopback.
@Suite struct ProxyUpgradeTests {
  private static let script = """
    import asyncio, sys, aiohttp
    from aiohttp import web
    async def handle(request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            if message.data == 'bye': await socket.close(code=4000)
            elif message.type == aiohttp.WSMsgType.BINARY: await socket.send_bytes(message.data)
            else: await socket.send_str('you said ' + message.data)
        return socket
    async def main(own, front):
        app = web.Application()
        app.router.add_get('/api/socket', handle)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.UnixSite(runner, own).start()
        async with aiohttp.ClientSession() as session:
            for _ in range(3):
                async with session.ws_connect(f'http://127.0.0.1:{front}/api/socket', max_msg_size=0) as socket:
                    await socket.send_str('hello')
                    assert (await socket.receive_str()) == 'you said hello'
                    large = bytes(range(256)) * 8192
                    await socket.send_bytes(large)
                    assert (await socket.receive_bytes()) == large
                    await socket.ping()
                    await socket.send_str('bye')
                    assert (await socket.receive()).type == aiohttp.WSMsgType.CLOSE and socket.close_code == 4000
        await runner.cleanup()
        print('done')
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
    """

  @Test(.enabled(if: RealClientTests.python != nil, "APUS_TEST_PYTHON names no Python"))
  func `aiohttp's client and server speak WebSocket through the proxy`() throws {
    let tree = TemporaryTree()
    tree.file("sockets.py", Self.script)
    var configuration = ProxyConfiguration(upstreams: ["http://behind"])
    configuration.client.unixSocket = tree.absolute("socket")
    var router = Router()
    router.proxy("/api", configuration)
    try withServer(router) { server in
      let (code, output) = try Subprocess.run([
        RealClientTests.python ?? "", tree.absolute("sockets.py"), tree.absolute("socket"), "\(server.port)",
      ])
      #expect(code == 0 && output == "done\n", "\(output)")
    }
  }

  @Test func `an upgraded connection carries bytes both ways until both sides are done`() throws {
    var origin = Router()
    origin.on(.get, "/up") { request, _, sender in
      guard request.upgradeProtocol == "echo" else { return sender.send(.text("no")) }
      var connection = try sender.upgrade(to: "echo")
      while let chunk = try await connection.read() { try await connection.write(chunk) }
      try await connection.write(Array("bye".utf8))
      try connection.finish()
    }
    try withServer(origin) { behind in
      var router = Router()
      router.proxy("/", to: "http://127.0.0.1:\(behind.port)")
      try withServer(router) { server in
        let client = try WireClient(port: server.port)
        try client.send(
          "GET /up HTTP/1.1\r\nHost: test\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\nearly ")
        let head = try client.take(through: "\r\n\r\n")
        #expect(head.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n") && head.contains("Upgrade: echo\r\n"))
        #expect(try client.take(6) == Array("early ".utf8))
        let bytes = pattern(3_000_000)
        let sending = Crowd(1) { _ in try client.send(bytes) }
        #expect(try client.take(bytes.count) == bytes)
        try sending.join()
        client.finish()
        #expect(try client.awaitEnd() == .finished)
        #expect(client.pending == Array("bye".utf8))
      }
    }
  }
}
