// BusyCore: what comes while a core is busy reaches it all at once. A handler that does not return
// until the test lets it go.

import Apus
import Glibc
import Synchronization

/// One core's gate: `GET /busy` holds it until `release`.
final class BusyCore: Sendable {
  private let isHeld = Atomic<Bool>(false)
  private let mayGo = Atomic<Bool>(false)

  /// The routes that most tests ask for, and this one.
  func routes(_ others: Router = testRoutes()) -> Router {
    var router = others
    router.get("/busy") { [self] _ in
      isHeld.store(true, ordering: .relaxed)
      while !mayGo.exchange(false, ordering: .relaxed) { sched_yield() }
      return .static("free")
    }
    return router
  }

  /// Runs `body` while a core is held up.
  func hold(_ server: RunningServer, _ body: () throws -> Void) throws {
    let client = try WireClient(port: server.port)
    try client.send("GET /busy HTTP/1.1\r\nHost: test\r\n\r\n")
    while !isHeld.exchange(false, ordering: .relaxed) { sched_yield() }
    defer { mayGo.store(true, ordering: .relaxed) }
    try body()
  }

  /// Sends something on each of so many connections that have been used, and resets them, so that the core
  /// learns of the bytes and of the reset as of one event.
  func sendAndReset(_ server: RunningServer, _ count: Int, _ send: (WireClient) throws -> Void) throws {
    var clients: [WireClient] = []
    for _ in 0..<count {
      let client = try WireClient(port: server.port)
      _ = try client.get("/")
      clients.append(client)
    }
    try hold(server) {
      for client in clients {
        try send(client)
        client.reset()
      }
    }
  }
}
