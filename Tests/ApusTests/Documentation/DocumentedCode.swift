// Made from the documents by DocumentedCodeTests; it says how. Not to be edited.
// swift-format-ignore-file

import Apus
import ApusTLS
import ApusTesting
import Foundation
import Logging
import Synchronization
import Testing

/// The blocks of README.md.
func codeOfREADME() async throws {
  struct User: Codable {
    var id: Int
    var name: String
  }

  var router = Router()
  router.get("/hello") { _ in .static("Hello, World!") }
  router.get("/users/{id}") { request in
    try .json(User(id: request.parameter("id", as: Int.self), name: "Ana"))
  }
  router.post("/users") { request in try .json(request.decode(User.self), status: .created) }
  let summary = try Server(router).run { print("serving on \($0.addresses)") }
  print("\(summary.requests) requests on \(summary.connections) connections")
  let client = Client()
  let ana = try await client.get("http://127.0.0.1:8080/users/7").decode(User.self)
  let posted = try await client.post("http://127.0.0.1:8080/users", .json(User(id: 8, name: "Bo")))
  print(ana.name, posted.status.code, posted.connection.uses)   // Ana 201 2: the second request on one connection
}

/// The blocks of Deploying.md.
func codeOfDeploying() async throws {
  var configuration = Server.Configuration(listen: [.tcp("::", 8080), .unix("/run/app.sock", mode: 0o660)])
  configuration.cores = .count(4)
  configuration.serverName = "app"
  func serve(_ router: Router) throws {
    var signals = Server.SignalPlan.standard
    signals[.hangUp] = .drain
    signals[.user2] = .leave
    let summary = try Server(router).run(signals: signals)
    print(summary.requests)
  }
  var proxy = ProxyConfiguration(upstreams: ["http://127.0.0.1:9000", "http://127.0.0.1:9001"])
  proxy.forwarded = [.standard, .via]
  proxy.tunnelIdle = .seconds(120)
  proxy.client.timeouts.head = .seconds(20)
  var router = Router()
  router.proxy("/api", proxy)
  var files = StaticFiles(root: "/srv/www/current")
  files.fields = [ResponseField("Cache-Control", "max-age=31536000, immutable")]
  files.alwaysFields = [ResponseField("X-Content-Type-Options", "nosniff")]
  router.files("/assets", files)
  configuration.accessLog = try AccessLogConfiguration(format: .combined, appendingTo: "/dev/null")
  router.add(.log(Logger(label: "app"), level: .debug))
  router.get("/") { _ in .text("logged") }
  print(Server(router, configuration: configuration).routes)
}

/// The blocks of Errors.md.
func codeOfErrors() async throws {
  struct OutOfStock: ResponseError {
    let product: String
    var status: Status { .conflict }
    var message: String { "\(product) is sold out" }
    var fields: [ResponseField] { [ResponseField("Retry-After", "3600")] }
  }

  var shop = Router()
  shop.get("/orders/{product}") { request in
    guard let product = request.parameter("product"), product != "tea" else { throw OutOfStock(product: "tea") }
    guard request.header("authorization") != nil else {
      throw HTTPError(.unauthorized, "who are you?", fields: [ResponseField("WWW-Authenticate", "Bearer")])
    }
    return .text(product)
  }
  print(shop.routes)
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

  func `each error is a problem with its details`() async throws {
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
  try await `each error is a problem with its details`()
}

/// The blocks of GettingStarted.md.
func codeOfGettingStarted() async throws {
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
  func serve2() async throws {
    let configuration = Server.Configuration(listen: [.tcp("127.0.0.1", 8080)])
    let summary = try Server(routes(), configuration: configuration).run { running in
      print("serving on \(running.addresses)")
    }
    print("\(summary.requests) requests on \(summary.connections) connections")
  }
  func `a user that is posted comes back`() async throws {
    try await TestServer(routes()) { client in
      let response = try await client.post("/users", json: User(id: 7, name: "Ana"))
      #expect(response.status == .created)
      #expect(try response.decode(User.self).name == "Ana")
      #expect(try await client.post("/users", "{}", type: .json).status == .badRequest)
    }
  }
  struct Visit: Codable {
    var visitorName: String
    var at: Date
  }

  let encoder = JSONDefaults.encoder()
  encoder.keyEncodingStrategy = .convertToSnakeCase
  let decoder = JSONDefaults.decoder()
  decoder.keyDecodingStrategy = .convertFromSnakeCase

  var visits = Router()
  visits.post("/visits") { request in
    let visit = try request.decode(Visit.self, decoder: decoder)
    return try .json(visit, status: .created, encoder: encoder)
  }
  print(visits.routes)
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
    router.group("/admin") { admin in
      admin.add(.basicAuthentication { name, password in name == "ana" && constantTimeEquals(password, token) })
      admin.metrics("/metrics")
    }
    return router
  }
  print(guarded(token: "secret").routes)
  try await `a user that is posted comes back`()
}

/// The blocks of KeepAlive.md.
func codeOfKeepAlive() async throws {
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
  var router = Router()
  router.group("/reports") { reports in
    reports.add(.timeout(.seconds(5)))
    reports.collectBytes = 64 << 10
    reports.post("/") { request in .text("\(request.body.count) bytes") }
  }
  print(Server(router, configuration: configuration).routes)
  func explain(_ running: RunningServer) {
    let metrics = running.metrics
    print("\(metrics.openConnections) open, \(metrics.reusedConnections) of \(metrics.requests) requests reused one")
    for close in metrics.closes where close.count > 0 { print("\(close.reason): \(close.count)") }
  }
}

/// The blocks of SpeakingTLS.md.
func codeOfSpeakingTLS() async throws {
  var secured = Server.Configuration(listen: [.tcp("127.0.0.1", 8443)])
  secured.security = .tls(TLSServerConfiguration(certificates: .selfSigned()))
  func serve2() async throws {
    let files = TLSServerFiles(
      chain: "/etc/letsencrypt/live/example.com/fullchain.pem",
      key: "/etc/letsencrypt/live/example.com/privkey.pem")
    var configuration = Server.Configuration(listen: [.tcp("*", 443)])
    configuration.security = try .tls(files) { report in print(report) }
    configuration.plainListen = [.tcp("*", 80)]
    configuration.plainAction = .redirect()
    configuration.strictTransport = .seconds(730 * 86_400)
    _ = try Server(Router(), configuration: configuration).run()
  }
  func serve3() async throws {
    var files = TLSServerFiles(chain: "server.pem", key: "server-key.pem")
    files.clientAuthorities = ["clients-ca.pem"]
    files.revocations = ["clients.crl"]
    var router = Router()
    router.get("/me") { request in .text(request.security?.client?.subject ?? "nobody") }
  }
  func serve4() async throws {
    var configuration = Client.Configuration()
    configuration.security = try .system()
    let response = try await Client(configuration).get("https://example.com/")
    print(response.status.code)
  }
  func serve5() async throws {
    var tls = TLSClientConfiguration(.authorities(try TrustStore(authorities: ["our-ca.pem"])))
    tls.certificate = try CertificateSet([.files(chain: "client.pem", key: "client-key.pem")])
    var configuration = Client.Configuration()
    configuration.security = .tls(tls)
  }
}

/// The blocks of Streaming.md.
func codeOfStreaming() async throws {
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
  router.events("/ticks") { _, events in
    for number in 0..<60 {
      try await events.send("\(number)", event: "tick")
      try await Task.sleep(for: .seconds(1))
    }
  }
  router.on(.get, "/echo-protocol") { request, _, sender in
    guard request.upgradeProtocol == "echo" else { return sender.send(.plain(.badRequest)) }
    var connection = try sender.upgrade(to: "echo")
    while let chunk = try await connection.read() { try await connection.write(chunk) }
    try connection.finish()
  }
  actor Board {
    func next() async throws -> String {
      try await Task.sleep(for: .seconds(20))
      return "news"
    }
  }

  let board = Board()
  router.get("/ready") { request in request.isDraining ? .plain(.serviceUnavailable) : .text("ready") }
  router.get("/next") { request in
    let news = try await request.drain.interrupting { try await board.next() }
    return news.map { .text($0) } ?? .empty()
  }
  router.events("/beats", endsAtDrain: false) { _, events in
    while !events.isDraining {
      try await events.send("beat")
      try await Task.sleep(for: .seconds(1))
    }
    try await events.send("until soon", event: "bye")
  }
  print(router.routes)
}

/// The blocks of Testing.md.
func codeOfTesting() async throws {
  var greetings = Router()
  greetings.get("/hello/{name}") { request in .text("Hello, \(request.parameter("name") ?? "")!") }
  greetings.get("/slow") { _ in
    try await Task.sleep(for: .seconds(3600))
    return .text("done")
  }
  try await TestServer(greetings) { client in
    let hello = try await client.get("/hello/Ana")
    #expect(hello.status == .ok)
    #expect(hello.text == "Hello, Ana!")
    let slow = try await client.get("/slow")
    #expect(slow.text == "done")
  }
  var ticker = Router()
  ticker.events("/ticks") { _, events in
    for number in 0... {
      try await events.send("\(number)", event: "tick")
      try await Task.sleep(for: .seconds(1))
    }
  }
  try await TestServer(ticker) { client in
    let ticks = try client.start(.get, "/ticks")
    let head = try await ticks.head()
    #expect(head["Content-Type"] == "text/event-stream")
    for number in 0..<3 {
      let event = try await ticks.nextEvent()
      #expect(event == TestEvent("\(number)", event: "tick"))
    }
    ticks.cancel()
  }
  var sleepers = Router()
  sleepers.get("/sleep/{seconds}") { request in
    let seconds = try request.parameter("seconds", as: Int.self)
    try await Task.sleep(for: .seconds(seconds))
    return .text("slept \(seconds)")
  }
  try await TestServer(sleepers) { client in
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
  struct User: Codable, Sendable {
    var name: String
  }

  let upstreamClient = Client()
  var front = Router()
  front.get("/hello/{id}") { request in
    let answer = try await upstreamClient.get("http://api/users/\(request.parameter("id") ?? "")")
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
  var echo = Router()
  echo.post("/echo") { request in .text(request.bodyText) }
  try await TestServer(echo) { client in
    client.splitting = .everyByte
    let response = try await client.post("/echo", "one byte at a time")
    #expect(response.text == "one byte at a time")
  }
  var live = Router()
  live.get("/") { _ in .text("live") }
  for mode in [TestServer.Mode.live, .liveUnixSocket] {
    try await TestServer(live, mode) { client in
      let response = try await client.get("/")
      #expect(response.text == "live")
    }
  }
}

/// The blocks of TheThreeTiers.md.
func codeOfTheThreeTiers() async throws {
  var router = Router()
  router.get("/plaintext") { _ in .static("Hello, World!") }
  router.get("/sum") { request in
    let a = try request.query("a", as: Int.self) ?? 0
    let b = try request.query("b", as: Int.self) ?? 0
    return .text("\(a + b)")
  }
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

  router.get("/point") { _ in try .json(writing: Point(x: 1, y: 2)) }
  actor Store {
    private var names = [1: "Ana"]
    func name(_ id: Int) throws -> String {
      guard let name = names[id] else { throw HTTPError(.notFound, "nobody is \(id)") }
      return name
    }
  }

  let store = Store()
  router.get("/names/{id}") { request in
    let id = try request.parameter("id", as: Int.self)
    return .text(try await store.name(id))
  }
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
  struct Timing: Middleware {
    func intercept(input: borrowing Request, next: Next) async throws -> Response {
      let clock = ContinuousClock()
      let start = clock.now
      let response = try await next(input)
      return response.adding(ResponseField("Server-Timing", "app;dur=\((clock.now - start) / .milliseconds(1))"))
    }
  }

  router.before { request in request.method == .trace ? .plain(.notImplemented) : nil }
  router.after { _, response in response.fields.append(ResponseField("X-Served-By", "apus")) }
  router.intercept(Timing())
  print(Server(router, configuration: configuration).routes)
}

/// The blocks of UsingTheClient.md.
func codeOfUsingTheClient() async throws {
  var router = Router()
  router.get("/") { _ in .static("Hello again!") }
  router.post("/length") { request in .text("\(request.body.count)") }
  var serving = Server.Configuration(listen: [.tcp("127.0.0.1", 0)])
  serving.timeouts.keepAlive = .seconds(300)
  serving.announcedKeepAlive = 290   // `Keep-Alive: timeout=290`: clients have a margin of ten seconds
  let server = try Server(router, configuration: serving).start()
  let origin = "http://127.0.0.1:\(server.port)"
  var asking = Client.Configuration()
  asking.idle = .seconds(240)        // less than the server waits
  asking.connectionsPerHost = 8
  let client = Client(asking)
  for number in 1...5 {
    let hello = try await client.get("\(origin)/")
    #expect(hello.text == "Hello again!")
    #expect(hello.connection.uses == number)   // one connection carried all five
  }
  let count = try await client.perform(.get, "\(origin)/") { head, body in
    guard head.status == .ok else { return 0 }
    var count = 0
    while let chunk = try await body.read() { count += chunk.count }
    return count
  }
  #expect(count == 12)
  var upload = ClientRequest(.post, "\(origin)/length")
  upload.body = .stream(length: 3000) { writer in
    for _ in 0..<3 { try await writer.write(String(repeating: "a", count: 1000)) }
  }
  let length = try await client.send(upload)
  #expect(length.text == "3000")
  await client.closeIdleConnections()
  server.drain()
  let summary = await server.ended()
  #expect(summary.requests == 7 && summary.connections == 1)
  print("\(summary.reusedConnections) of \(summary.requests) requests came over a used connection")
}

/// The blocks of WhenTheCompilerSaysNo.md.
func codeOfWhenTheCompilerSaysNo() async throws {
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
  router.get("/count") { _ in .text("\(counter.next())") }
  print(router.routes)
  func greeting() async throws {
    var routes = Router()
    routes.get("/") { _ in .text("Hello!") }
    try await TestServer(routes) { client in
      let response = try await client.get("/")
      #expect(response.text == "Hello!")
    }
  }
  try await greeting()
}
