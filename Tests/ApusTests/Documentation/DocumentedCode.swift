// Made from the documents by DocumentedCodeTests; it says how. Not to be edited.
// swift-format-ignore-file

import Apus
import ApusTesting
import Foundation
import Logging
import Synchronization
import Testing

/// README.md, block 1.
func README1() async throws {
  struct User: Codable {
    var id: Int
    var name: String
  }

  func routes() -> Router {
    var router = Router()
    router.get("/hello") { _ in .static("Hello, World!") }
    router.get("/users/{id}") { request in
      try .json(User(id: request.parameter("id", as: Int.self), name: "Ana"))
    }
    router.post("/users") { request in try .json(request.decode(User.self), status: .created) }
    router.get("/later") { _ in
      try await Task.sleep(for: .milliseconds(10))
      return .text("a task on this request's own core")
    }
    router.on(.post, "/echo") { _, body, sender in
      var writer = try sender.start(length: body.expectedCount)
      while let chunk = try await body.read() { try await writer.write(chunk) }
      try writer.finish()
    }
    router.group("/admin") { admin in
      admin.add(.basicAuthentication { name, password in name == "ana" && constantTimeEquals(password, "secret") })
      admin.metrics("/metrics")
    }
    return router
  }

  let configuration = Server.Configuration(listen: [.tcp("127.0.0.1", 8080)])
  let summary = try Server(routes(), configuration: configuration).run { running in
    print("serving on \(running.addresses)")
  }
  print("\(summary.requests) requests on \(summary.connections) connections")
}

/// README.md, block 2.
func README2() async throws {
  struct User: Codable {
    var id: Int
    var name: String
  }

  func routes() -> Router {
    var router = Router()
    router.post("/users") { request in try .json(request.decode(User.self), status: .created) }
    return router
  }

  func `a user that is posted comes back`() async throws {
    try await TestServer(routes()) { client in
      let answer = try await client.post("/users", json: User(id: 7, name: "Ana"))
      #expect(answer.status == .created)
      #expect(try answer.decode(User.self).name == "Ana")
      #expect(try await client.post("/users", "{}", type: .json).status == .badRequest)
    }
  }
  try await `a user that is posted comes back`()
}

/// README.md, block 3.
func README3() async throws {
  func clientWithWindow(_ url: String) async throws -> [UInt32] {
    var configuration = Client.Configuration()
    configuration.idle = .seconds(240)           // or a second less than the server says it waits, if that is shorter
    configuration.connectionsPerHost = 8
    let client = Client(configuration)
    var uses: [UInt32] = []
    for _ in 0..<5 {
      let answer = try await client.get(url)
      uses.append(answer.connection.uses)        // 1, 2, 3, 4, 5: one connection
    }
    return uses
  }
}

/// README.md, block 4.
func README4() async throws {
  func reusingServer() async throws -> RunSummary {
    var router = Router()
    router.get("/") { _ in .static("Hello again!") }
    var configuration = Server.Configuration(listen: [.tcp("127.0.0.1", 0)])
    configuration.timeouts.keepAlive = .seconds(300)
    configuration.announcedKeepAlive = 290       // `Keep-Alive: timeout=290`, which leaves its clients ten seconds' margin
    let server = try Server(router, configuration: configuration).start()
    let uses = try await clientWithWindow("http://127.0.0.1:\(server.port)/")
    server.drain()
    let summary = server.wait()
    print("\(summary.reusedConnections) of \(summary.requests) requests came over a used connection, as the client says: \(uses)")
    return summary
  }

  func clientWithWindow(_ url: String) async throws -> [UInt32] {
    var configuration = Client.Configuration()
    configuration.idle = .seconds(240)
    let client = Client(configuration)
    var uses: [UInt32] = []
    for _ in 0..<5 { uses.append(try await client.get(url).connection.uses) }
    return uses
  }
  let summary = try await reusingServer()
  #expect(summary.requests == 5 && summary.connections == 1)
}

/// Deploying.md, block 1.
func Deploying1() async throws {
  var configuration = Server.Configuration(listen: [.tcp("::", 8080), .unix("/run/app.sock", mode: 0o660)])
  configuration.cores = .count(4)
  configuration.serverName = "app"
  print(configuration.listen)
}

/// Deploying.md, block 2.
func Deploying2() async throws {
  func serve(_ router: Router) throws {
    var signals = Server.SignalPlan.standard
    signals[.hangUp] = .drain
    signals[.user2] = .leave
    let summary = try Server(router).run(signals: signals)
    print(summary.requests)
  }
}

/// Deploying.md, block 3.
func Deploying3() async throws {
  var proxy = ProxyConfiguration(upstreams: ["http://127.0.0.1:9000", "http://127.0.0.1:9001"])
  proxy.forwarded = [.standard, .via]
  proxy.tunnelIdle = .seconds(120)
  proxy.client.timeouts.head = .seconds(20)
  var router = Router()
  router.proxy("/api", proxy)
  print(router.routes)
}

/// Deploying.md, block 4.
func Deploying4() async throws {
  var files = StaticFiles(root: "/srv/www/current")
  files.fields = [ResponseField("Cache-Control", "max-age=31536000, immutable")]
  files.alwaysFields = [ResponseField("X-Content-Type-Options", "nosniff")]
  var router = Router()
  router.files("/assets", files)
  print(router.routes)
}

/// Deploying.md, block 5.
func Deploying5() async throws {
  var configuration = Server.Configuration()
  configuration.accessLog = try AccessLogConfiguration(format: .combined, appendingTo: "/dev/null")
  var router = Router()
  router.add(.log(Logger(label: "app"), level: .debug))
  router.get("/") { _ in .text("logged") }
  print(Server(router, configuration: configuration).routes)
}

/// Errors.md, block 1.
func Errors1() async throws {
  struct OutOfStock: ResponseError {
    let product: String
    var status: Status { .conflict }
    var message: String { "\(product) is sold out" }
    var fields: [ResponseField] { [ResponseField("Retry-After", "3600")] }
  }

  var router = Router()
  router.get("/orders/{product}") { request in
    guard let product = request.parameter("product"), product != "tea" else { throw OutOfStock(product: "tea") }
    guard request.header("authorization") != nil else {
      throw HTTPError(.unauthorized, "who are you?", fields: [ResponseField("WWW-Authenticate", "Bearer")])
    }
    return .text(product)
  }
  print(router.routes)
}

/// Errors.md, block 2.
func Errors2() async throws {
  func service() -> Router {
    var router = Router()
    router.onError { request, failure, response in
      let problem = try? Response.json(status: failure.status) { json in
        json.member("title", failure.status.reason)
        json.member("status", Int(failure.status.code))
        json.member("detail", failure.detail)
        json.member("instance", request.id)
      }
      guard var problem else { return }
      problem.mediaType = .problemJSON
      problem.fields = response.fields
      response = problem
    }
    router.get("/sum") { request in .text("\(try request.queryFields.require("a", as: Int.self) + 1)") }
    router.get("/late") { _ in
      try await Task.sleep(for: .seconds(60))
      return .empty()
    }
    return router
  }

  struct Problem: Decodable {
    var title: String
    var status: Int
    var detail: String
  }

  func `whatever goes wrong is a problem with its details`() async throws {
    var configuration = Server.Configuration()
    configuration.timeouts.answer = .seconds(5)
    try await TestServer(service(), configuration: configuration) { client in
      let missing = try await client.get("/sum")
      #expect(missing.status == .badRequest && missing["Content-Type"] == "application/problem+json")
      let problem = try missing.decode(Problem.self)
      #expect(problem.title == "Bad Request" && problem.status == 400)
      #expect(problem.detail == "the field a is missing")
      let wrong = try await client.delete("/sum")
      #expect(wrong.status == .methodNotAllowed && wrong["Allow"] == "GET, HEAD, OPTIONS")
      let nowhere = try await client.get("/nowhere").decode(Problem.self)
      #expect(nowhere.status == 404)
      let late = try await client.get("/late").decode(Problem.self)
      #expect(late.status == 503 && late.detail == "the answer was not ready in time")
    }
  }
  try await `whatever goes wrong is a problem with its details`()
}

/// GettingStarted.md, block 1.
func GettingStarted1() async throws {
  struct User: Codable {
    var id: Int
    var name: String
  }

  func routes() -> Router {
    var router = Router()
    router.get("/hello") { _ in .static("Hello, World!") }
    router.get("/users/{id}") { request in
      let id = try request.parameter("id", as: Int.self)
      return try .json(User(id: id, name: "Ana"))
    }
    router.post("/users") { request in
      let user = try request.decode(User.self)
      return try .json(user, status: .created)
    }
    return router
  }
  print(routes().routes)
}

/// GettingStarted.md, block 2.
func GettingStarted2() async throws {
  struct Visit: Codable {
    var visitorName: String
    var at: Date
  }

  let encoder = JSONDefaults.encoder()
  encoder.keyEncodingStrategy = .convertToSnakeCase
  let decoder = JSONDefaults.decoder()
  decoder.keyDecodingStrategy = .convertFromSnakeCase

  var router = Router()
  router.post("/visits") { request in
    let visit = try request.decode(Visit.self, decoder: decoder)
    return try .json(visit, status: .created, encoder: encoder)
  }
  print(router.routes)
}

/// GettingStarted.md, block 3.
func GettingStarted3() async throws {
  func serve(_ router: Router) throws {
    var configuration = Server.Configuration(listen: [.tcp("127.0.0.1", 8080), .unix("/run/app.sock", mode: 0o660)])
    configuration.timeouts.keepAlive = .seconds(75)
    let summary = try Server(router, configuration: configuration).run { running in
      print("serving on \(running.addresses)")
    }
    print("\(summary.requests) requests on \(summary.connections) connections")
  }
}

/// GettingStarted.md, block 4.
func GettingStarted4() async throws {
  func guarded(token: String) -> Router {
    var router = Router()
    router.add(.securityFields())
    router.add(.requestID())
    router.group("/api") { api in
      api.add(.bearerAuthentication { constantTimeEquals($0, token) })
      api.add(.rateLimit(perSecond: 50, burst: 100))
      api.get("/orders/{id}") { request in .text("order \(request.parameter("id") ?? "")") }
    }
    router.files("/assets", root: "/srv/www")
    router.metrics("/metrics")
    return router
  }
  print(guarded(token: "secret").routes)
}

/// KeepAlive.md, block 1.
func KeepAlive1() async throws {
  var configuration = Server.Configuration()
  configuration.timeouts.keepAlive = .seconds(75)
  configuration.timeouts.firstByte = .seconds(10)
  configuration.timeouts.head = .seconds(15)
  configuration.timeouts.bodyStall = .seconds(30)
  configuration.timeouts.answer = .seconds(60)
  configuration.timeouts.drain = .seconds(25)
  configuration.limits.collectBytes = 1 << 20
  configuration.limits.connections = 50_000
  configuration.announcedKeepAlive = 70
  print(configuration.listen)
}

/// KeepAlive.md, block 2.
func KeepAlive2() async throws {
  var router = Router()
  router.group("/reports") { reports in
    reports.add(.timeout(.seconds(5)))
    reports.collectBytes = 64 << 10
    reports.post("/") { request in .text("\(request.body.count) bytes") }
  }
  print(router.routes)
}

/// KeepAlive.md, block 3.
func KeepAlive3() async throws {
  func explain(_ running: RunningServer) {
    let metrics = running.metrics
    print("\(metrics.openConnections) open, \(metrics.reusedConnections) of \(metrics.requests) requests reused one")
    for close in metrics.closes where close.count > 0 { print("\(close.reason): \(close.count)") }
  }
}

/// Streaming.md, block 1.
func Streaming1() async throws {
  var router = Router()
  router.on(.post, "/count") { _, body, sender in
    var count = 0
    while let chunk = try await body.read() { count += chunk.count }
    sender.send(.text("\(count)\n"))
  }
  router.on(.post, "/small") { _, body, sender in
    let bytes = try await body.collect(upTo: 1 << 20)
    sender.send(.bytes(bytes))
  }
  print(router.routes)
}

/// Streaming.md, block 2.
func Streaming2() async throws {
  var router = Router()
  router.on(.get, "/numbers") { _, _, sender in
    var writer = try sender.start()
    for number in 0..<1000 { try await writer.write("\(number)\n") }
    try writer.finish()
  }
  router.on(.post, "/echo") { _, body, sender in
    var writer = try sender.start(length: body.expectedCount)
    while let chunk = try await body.read() { try await writer.write(chunk) }
    try writer.finish()
  }
  print(router.routes)
}

/// Streaming.md, block 3.
func Streaming3() async throws {
  var router = Router()
  router.events("/ticks") { _, events in
    for number in 0..<60 {
      try await events.send("\(number)", event: "tick")
      try await Task.sleep(for: .seconds(1))
    }
  }
  print(router.routes)
}

/// Streaming.md, block 4.
func Streaming4() async throws {
  actor Board {
    func next() async throws -> String {
      try await Task.sleep(for: .seconds(20))
      return "news"
    }
  }

  let board = Board()
  var router = Router()
  router.get("/ready") { request in request.isDraining ? .plain(.serviceUnavailable) : .text("ready") }
  router.get("/next") { request in
    let news = try await request.drain.interrupting { try await board.next() }
    return news.map { .text($0) } ?? .empty()
  }
  router.events("/ticks", endsAtDrain: false) { _, events in
    while !events.isDraining {
      try await events.send("tick")
      try await Task.sleep(for: .seconds(1))
    }
    try await events.send("until soon", event: "bye")
  }
  print(router.routes)
}

/// Testing.md, block 1.
func Testing1() async throws {
  func testGreeting() async throws {
    var router = Router()
    router.get("/hello/{name}") { request in .text("Hello, \(request.parameter("name") ?? "")!") }
    router.get("/slow") { _ in
      try await Task.sleep(for: .seconds(3600))
      return .text("done")
    }
    try await TestServer(router) { client in
      let answer = try await client.get("/hello/Ana")
      #expect(answer.status == .ok)
      #expect(answer.text == "Hello, Ana!")
      #expect(try await client.get("/slow").text == "done")
    }
  }
  try await testGreeting()
}

/// Testing.md, block 2.
func Testing2() async throws {
  var router = Router()
  router.events("/ticks") { _, events in
    for number in 0... {
      try await events.send("\(number)", event: "tick")
      try await Task.sleep(for: .seconds(1))
    }
  }
  try await TestServer(router) { client in
    let ticks = try client.start(.get, "/ticks")
    let head = try await ticks.head()
    #expect(head["Content-Type"] == "text/event-stream")
    for number in 0..<3 {
      let event = try await ticks.nextEvent()
      #expect(event == TestEvent("\(number)", event: "tick"))
    }
    ticks.cancel()
  }
}

/// Testing.md, block 3.
func Testing3() async throws {
  var router = Router()
  router.get("/sleep/{seconds}") { request in
    let seconds = try request.parameter("seconds", as: Int.self)
    try await Task.sleep(for: .seconds(seconds))
    return .text("slept \(seconds)")
  }
  try await TestServer(router) { client in
    let slow = try client.start(.get, "/sleep/3000")
    let quick = try await client.get("/sleep/30")
    #expect(quick.text == "slept 30")
    let late = try await slow.response()
    #expect(late.text == "slept 3000")

    async let one = client.get("/sleep/1").text
    async let two = client.get("/sleep/2").text
    let both = try await [one, two]
    #expect(both == ["slept 1", "slept 2"])
  }
}

/// Testing.md, block 4.
func Testing4() async throws {
  struct User: Codable, Sendable {
    var name: String
  }

  let client = Client()
  var front = Router()
  front.get("/hello/{id}") { request in
    let answer = try await client.get("http://api/users/\(request.parameter("id") ?? "")")
    return .text("Hello, \(try answer.decode(User.self).name)!")
  }
  front.proxy("/users", to: "http://api")

  var api = Router()
  api.get("/users/{id}") { _ in try .json(User(name: "Ana")) }

  try await TestServer(front, upstreams: ["http://api": api]) { client in
    let hello = try await client.get("/hello/7")
    #expect(hello.text == "Hello, Ana!")
    let user = try await client.get("/users/7")
    #expect(user.text == #"{"name":"Ana"}"#)
  }
}

/// Testing.md, block 5.
func Testing5() async throws {
  var router = Router()
  router.post("/echo") { request in .text(request.bodyText) }
  try await TestServer(router) { client in
    client.splitting = .everyByte
    let answer = try await client.post("/echo", "one byte at a time")
    #expect(answer.text == "one byte at a time")
  }
}

/// Testing.md, block 6.
func Testing6() async throws {
  var router = Router()
  router.get("/") { _ in .text("live") }
  for mode in [TestServer.Mode.live, .liveUnixSocket] {
    try await TestServer(router, mode) { client in
      let answer = try await client.get("/")
      #expect(answer.text == "live")
    }
  }
}

/// TheThreeTiers.md, block 1.
func TheThreeTiers1() async throws {
  var router = Router()
  router.get("/plaintext") { _ in .static("Hello, World!") }
  router.get("/sum") { request in
    let a = try request.query("a", as: Int.self) ?? 0
    let b = try request.query("b", as: Int.self) ?? 0
    return .text("\(a + b)")
  }
  print(router.routes)
}

/// TheThreeTiers.md, block 2.
func TheThreeTiers2() async throws {
  struct Point: JSONWritable {
    var x: Int
    var y: Int
    func write(to json: inout JSONWriter) {
      json.object { point in
        point.member("x", x)
        point.member("y", y)
      }
    }
  }

  var router = Router()
  router.get("/point") { _ in try .json(writing: Point(x: 1, y: 2)) }
  print(router.routes)
}

/// TheThreeTiers.md, block 3.
func TheThreeTiers3() async throws {
  actor Store {
    private var names = [1: "Ana"]
    func name(_ id: Int) throws -> String {
      guard let name = names[id] else { throw HTTPError(.notFound, "nobody is \(id)") }
      return name
    }
  }

  let store = Store()
  var router = Router()
  router.get("/names/{id}") { request in
    let id = try request.parameter("id", as: Int.self)
    return .text(try await store.name(id))
  }
  print(router.routes)
}

/// TheThreeTiers.md, block 4.
func TheThreeTiers4() async throws {
  var router = Router()
  router.get("/long") { request in
    let sum = try await offload { (0..<100_000_000).reduce(0, &+) }
    return .text("\(sum)")
  }
  router.get("/report") { request in
    let text = try await offload(on: "reports", waitingLimit: 20) { "the result of a query that blocks" }
    return .text(text)
  }
  var configuration = Server.Configuration()
  configuration.offload.threads = 8
  configuration.offload.pools["reports"] = 2
  print(Server(router, configuration: configuration).routes)
}

/// TheThreeTiers.md, block 5.
func TheThreeTiers5() async throws {
  struct Timing: Middleware {
    func intercept(input: borrowing Request, next: Next) async throws -> Response {
      let clock = ContinuousClock()
      let start = clock.now
      let response = try await next(input)
      return response.adding(ResponseField("Server-Timing", "app;dur=\((clock.now - start) / .milliseconds(1))"))
    }
  }

  var router = Router()
  router.before { request in request.method == .trace ? .plain(.notImplemented) : nil }
  router.after { _, response in response.fields.append(ResponseField("X-Served-By", "apus")) }
  router.intercept(Timing())
  router.get("/") { _ in .text("timed") }
  print(router.routes)
}

/// WhenTheCompilerSaysNo.md, block 1.
func WhenTheCompilerSaysNo1() async throws {
  var router = Router()
  router.get("/later") { request in
    let agent = request.header("User-Agent") ?? ""
    Task { print(agent) }
    return .empty()
  }
  router.get("/both") { request in
    let (left, right) = (request.query("left") ?? "", request.query("right") ?? "")
    async let first = left.uppercased()
    async let second = right.uppercased()
    return .text(await first + second)
  }
  print(router.routes)
}

/// WhenTheCompilerSaysNo.md, block 2.
func WhenTheCompilerSaysNo2() async throws {
  final class Counter: Sendable {
    private let value = Mutex(0)
    func next() -> Int {
      value.withLock { value in
        value += 1
        return value
      }
    }
  }

  let counter = Counter()
  var router = Router()
  router.get("/") { _ in .text("\(counter.next())") }
  print(router.routes)
}

/// WhenTheCompilerSaysNo.md, block 3.
func WhenTheCompilerSaysNo3() async throws {
  func greeting() async throws {
    var router = Router()
    router.get("/") { _ in .text("Hello!") }
    try await TestServer(router) { client in
      let answer = try await client.get("/")
      #expect(answer.text == "Hello!")
    }
  }
  try await greeting()
}
