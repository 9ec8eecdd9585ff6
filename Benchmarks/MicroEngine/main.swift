// apus-micro-engine: the whole user-space path of a plaintext request without the kernel, for
// callgrind to count instructions: bytes in, parse, route, handle, write, send, completion. 64
// keep-alive connections in turn.
//
//     strip -g -o .build/micro .build/release/apus-micro-engine    valgrind 3.19 fails on Swift's debug data
//     valgrind --tool=callgrind .build/micro 10000
//     valgrind --tool=callgrind .build/micro 10000 DIR /file.txt   a file in DIR
//     valgrind --tool=callgrind .build/micro 10000 - /json1k       1 KB of JSON; /async a task
//     valgrind --tool=callgrind .build/micro 10000 - /async-yield  a task that suspends once
//     .build/release/apus-micro-engine json                        1 KB of JSON in its own loop, by a clock
//     .build/release/apus-micro-engine routes                      a look-up among 500 routes, by a clock

import Apus
import ApusBenchDocument
import ApusEngine
import ApusRing
import ApusWire

/// Asynchronous in name only.
private func returnAtOnce() async -> Response { .static("Hello, World!") }

func run() throws {
  let arguments = CommandLine.arguments
  let rounds = arguments.count > 1 ? Int(arguments[1]) ?? 1000 : 1000
  let target = arguments.count > 3 ? arguments[3] : "/plaintext"
  let slots = 64
  let request: [UInt8] = Array("GET \(target) HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n".utf8)
  var router = Router()
  router.get("/plaintext") { _ in .static("Hello, World!") }
  router.get("/json") { _ in .static(#"{"message":"Hello, World!"}"#, type: .json) }
  let document = BenchDocument.sample
  router.get("/json1k") { _ in try .json(writing: document) }
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
  var clock: UInt64 = 1_000_000_000
  var table = ConnectionTable(
    slots: slots, handler: try router.makeHandler(collectBytes: 1 << 20), exchanges: core.exchanges,
    now: Instant(nanoseconds: clock))
  var sent = 0
  for slot in 0..<slots { table.didAccept(Slot(slot)) }
  let start = Instant.monotonic()
  for _ in 0..<rounds {
    clock += 300_000
    table.beginTurn(now: Instant(nanoseconds: clock), unixSeconds: Int64(clock / 1_000_000_000))
    for slot in 0..<slots { table.didReceive(request.span, Slot(slot)) }
    while let slot = table.nextDirty() {
      actions: while true {
        switch table.nextAction(slot) {
        case .none: break actions
        case .send(let region):
          sent += region.count
          table.didSend(Int32(region.count), slot)
        default: break
        }
      }
    }
    while table.expireNext() != nil {}
  }
  let elapsed = Instant.monotonic().nanoseconds - start.nanoseconds
  print("\(rounds * slots) requests, \(sent) bytes, \(Double(elapsed) / Double(rounds * slots)) ns each")
}

switch CommandLine.arguments.dropFirst().first {
case "routes": try runRoutes()
case "json": try runJSON()
default: try run()
}
