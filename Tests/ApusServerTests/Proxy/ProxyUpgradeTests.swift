import Apus
import ApusTestSupport
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
    try withServer(upgradingRoutes()) { behind in
      var router = Router()
      router.proxy("/", to: "http://127.0.0.1:\(behind.port)")
      try withServer(router) { server in try WireClient(port: server.port).echoOverUpgrade(3_000_000) }
    }
  }
}
