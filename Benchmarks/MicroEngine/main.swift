// apus-micro-engine: a core without a kernel, for callgrind to count the instructions of a request: a reactor
// on a `NullRing` takes the completion, parses, routes, handles, writes and enqueues the send. 64 keep-alive
// connections ask once a turn.
//
//     strip -g -o .build/micro .build/release/apus-micro-engine    valgrind 3.19 fails on Swift's debug data
//     valgrind --tool=callgrind .build/micro 10000
//     valgrind --tool=callgrind .build/micro 10000 - /hot          a file of 1 KiB that was asked for before
//     valgrind --tool=callgrind .build/micro 10000 - /json1k       1 KB of JSON; /async a task
//     valgrind --tool=callgrind .build/micro 10000 - /async-yield  a task that suspends once
//     valgrind --tool=callgrind .build/micro 10000 - /plaintext 16 as many requests pipelined in one receive
//     .build/release/apus-micro-engine json                        1 KB of JSON in its own loop, by a clock
//     .build/release/apus-micro-engine routes                      a look-up among 500 routes, by a clock

import Apus
import ApusBenchDocument
import ApusEngine
import ApusRing
import ApusWire

/// Asynchronous in name only.
private func returnAtOnce() async -> Response { .static("Hello, World!") }

/// A kilobyte with its fields, as the file cache has it.
private func renderedKilobyte() -> SharedBytes {
  let fields = Array(
    "ETag: \"1-400-5f\"\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 1024\r\n".utf8)
  return SharedBytes(capacity: fields.count + 1024, firstPartBytes: fields.count) { output in
    for byte in fields { output.append(byte) }
    for _ in 0..<1024 { output.append(0x61) }
  }
}

func run() throws {
  let arguments = CommandLine.arguments
  let rounds = arguments.count > 1 ? Int(arguments[1]) ?? 1000 : 1000
  let target = arguments.count > 3 ? arguments[3] : "/plaintext"
  let slots = 64
  let depth = arguments.count > 4 ? Int(arguments[4]) ?? 1 : 1
  let head = "GET \(target) HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n"
  let request = Array(String(repeating: head, count: depth).utf8)
  var router = Router()
  router.get("/plaintext") { _ in .static("Hello, World!") }
  router.get("/json") { _ in .static(#"{"message":"Hello, World!"}"#, type: .json) }
  let document = BenchDocument.sample
  router.get("/json1k") { _ in try .json(writing: document) }
  let hot = renderedKilobyte()
  router.get("/hot") { _ in
    Response(status: .ok, body: .rendered(hot, repeatableUntil: Instant(nanoseconds: .max)))
  }
  router.get("/async") { _ in await returnAtOnce() }
  router.get("/async-yield") { _ in
    await Task.yield()
    return .static("Hello, World!")
  }
  router.post("/echo") { request in .bytes([UInt8](copying: request.body)) }
  if arguments.count > 3, arguments[2] != "-" { router.files("/", StaticFiles(root: arguments[2])) }
  // As a core that runs for good.
  let core = Core()
  core.adoptThread()
  core.exchanges.keepTasks()
  defer {
    core.exchanges.endTasks()
    core.leaveThread()
  }
  let ring = NullRing(connections: slots, request: request)
  let table = ConnectionTable(
    slots: slots, handler: try router.makeHandler(collectBytes: 1 << 20), exchanges: core.exchanges,
    now: ring.now())
  var reactor = Reactor(driver: ring, core: core, table: table, mailbox: Mailbox())
  let start = Instant.monotonic()
  reactor.run(turns: rounds)
  let elapsed = Instant.monotonic().nanoseconds - start.nanoseconds
  print(
    "\(rounds * slots * depth) requests, \(reactor.driver.base.sentBytes) bytes, \(Double(elapsed) / Double(rounds * slots * depth)) ns each"
  )
}

switch CommandLine.arguments.dropFirst().first {
case "routes": try runRoutes()
case "json": try runJSON()
default: try run()
}
