import Apus
import ApusRing
import ApusTestSupport
import Glibc
import Testing

@Suite struct SeveralListenersTests {
  @Test(.enabled(if: availableProcessors().count > 1, "there is one processor"))
  func `two ports and a socket are served by the same cores`() throws {
    let tree = TemporaryTree()
    let path = tree.path + "/app.sock"
    var router = testRoutes()
    router.get("/core") { _ in .text(coreName()) }
    let (_, summary) = try withServer(
      router,
      {
        $0.cores = .count(2)
        $0.listen = [.tcp("127.0.0.1", 0), .unix(path), .tcp("127.0.0.1", 0)]
      }
    ) { server in
      guard case .tcp(_, let first) = server.addresses[0], case .tcp(_, let third) = server.addresses[2]
      else {
        Issue.record("\(server.addresses)")
        return
      }
      #expect(server.port == first)
      #expect(first != third)
      // The kernel spreads the connections of a port: 60 are one core's once in 2 to the power of 59.
      func cores(_ connect: () throws -> WireClient) throws -> Set<String> {
        Set(try (0..<60).map { _ in try connect().get("/core").text })
      }
      let both = try cores { try WireClient(port: first) }
      #expect(both.count == 2 && !both.contains("none"))
      #expect(try cores { try WireClient(port: third) } == both)
      // Whoever is free first takes a socket's connection.
      #expect(try cores { try WireClient(path: path) }.isSubset(of: both))
      let client = try WireClient(path: path)
      for number in 0..<5 { #expect(try client.get("/n/\(number)").text == "\(number)") }
    }
    #expect(summary.requests == 185)
    #expect(access(path, F_OK) != 0, "the file is gone with the server")
  }

  @Test func `a name is one address of the server's, whatever it means`() throws {
    try withServer(testRoutes(), { $0.listen = [.tcp("localhost", 0), .tcp("127.0.0.1", 0)] }) { server in
      guard case .tcp("localhost", let port) = server.addresses[0] else {
        Issue.record("\(server.addresses)")
        return
      }
      #expect(server.addresses.count == 2 && server.port == port)
      let client = try WireClient(port: port)
      #expect(try client.get("/").text == "OK")
    }
  }

  @Test func `a server on a socket alone has no port, and no line of its access log has an address`() throws {
    let tree = TemporaryTree()
    let path = tree.path + "/app.sock"
    let log = tree.path + "/log"
    try withServer(
      testRoutes(),
      {
        $0.listen = [.unix(path)]
        $0.accessLog = try? AccessLogConfiguration(format: .common, appendingTo: log)
      }
    ) { server in
      let answer = try WireClient(path: path).get("/")
      #expect(answer.text == "OK")
      #expect(server.port == 0)
    }
    let text = String(decoding: tree.contents("log"), as: UTF8.self)
    #expect(text.hasPrefix("- - - ["), "\(text)")
  }

  @Test func `a server that cannot have one of its addresses has none`() throws {
    let tree = TemporaryTree()
    let path = tree.path + "/app.sock"
    try withServer { server in
      var configuration = Server.Configuration(listen: [.unix(path), .tcp("127.0.0.1", server.port)])
      configuration.cores = .count(1)
      let error = #expect(throws: ServerError.self) {
        try Server(testRoutes(), configuration: configuration).start()
      }
      guard case .addressInUse(_, server.port) = error else {
        Issue.record("\(error as Any)")
        return
      }
      #expect(access(path, F_OK) != 0)
    }
  }

  @Test func `a socket that another server answers at is in use`() throws {
    let tree = TemporaryTree()
    let path = tree.path + "/app.sock"
    try withServer(testRoutes(), { $0.listen = [.unix(path)] }) { _ in
      let error = #expect(throws: ServerError.self) {
        try Server(testRoutes(), configuration: Server.Configuration(listen: [.unix(path)])).start()
      }
      guard case .socketInUse(path) = error else {
        Issue.record("\(error as Any)")
        return
      }
    }
  }

  @Test func `a drain removes the file at once, and answers who came before`() throws {
    let tree = TemporaryTree()
    let path = tree.path + "/app.sock"
    try withServer(
      testRoutes(), ending: .byTest,
      {
        $0.listen = [.unix(path)]
        $0.timeouts.drainIdle = .seconds(20)
      }
    ) { server in
      let client = try WireClient(path: path)
      #expect(try client.get("/").text == "OK")
      server.drain()
      #expect(access(path, F_OK) != 0)
      #expect(try client.get("/").saysClose)
      #expect(try client.awaitEnd() == .finished)
    }
  }

  @Test(arguments: ["*", "", "0.0.0.0", "localhost", "127.0.0.1"])
  func `every spelling of everywhere, and of here, is served`(host: String) throws {
    try withServer(testRoutes(), { $0.listen = [.tcp(host, 0)] }) { server in
      #expect(server.host == (host.isEmpty ? "*" : host))
      let client = try WireClient(port: server.port)
      #expect(try client.get("/").text == "OK")
    }
  }

  @Test func `an address that is listed twice, or under two names, is served once`() throws {
    let tree = TemporaryTree()
    let path = tree.path + "/app.sock"
    let again = tree.path + "/./app.sock"
    let free = try Server(testRoutes(), configuration: Server.Configuration(listen: [.tcp("127.0.0.1", 0)]))
      .start()
    let port = free.port
    free.stop()
    _ = free.wait()
    let listen: [Server.Address] = [
      .tcp("127.0.0.1", port), .unix(path), .tcp("127.0.0.1", port), .tcp("localhost", port), .unix(again),
      .unix(path),
    ]
    try withServer(testRoutes(), { $0.listen = listen }) { server in
      #expect(server.addresses == listen)
      for client in try [WireClient(port: port), WireClient(path: path)] {
        #expect(try client.get("/").text == "OK")
      }
    }
    #expect(access(path, F_OK) != 0)
  }

  @Test func `a socket with two modes is a mistake, and is said to be one`() {
    let tree = TemporaryTree()
    let path = tree.path + "/app.sock"
    let configuration = Server.Configuration(listen: [.unix(path), .unix(path, mode: 0o600)])
    let error = #expect(throws: ServerError.self) {
      try Server(testRoutes(), configuration: configuration).start()
    }
    #expect(error?.description.contains("different modes") == true, "\(error as Any)")
    #expect(access(path, F_OK) != 0)
  }

  @Test func `a port that a server of this process has is not said to be another process's`() throws {
    try withServer { server in
      let error = #expect(throws: ServerError.self) {
        try Server(
          testRoutes(), configuration: Server.Configuration(listen: [.tcp("127.0.0.1", server.port)])
        ).start()
      }
      #expect(error?.description.contains("in use") == true)
      #expect(error?.description.contains("another process") == false)
    }
  }

  @Test(arguments: [0, 17]) func `no address, and too many, are refused`(count: Int) {
    let configuration = Server.Configuration(listen: Array(repeating: .tcp("127.0.0.1", 0), count: count))
    let error = #expect(throws: ServerError.self) {
      try Server(Router(), configuration: configuration).start()
    }
    #expect(error?.description.contains("1 to 16") == true)
  }
}
