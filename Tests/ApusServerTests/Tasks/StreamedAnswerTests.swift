// Streamed answers over loopback: their framing, and every way in which they end early.

import Apus
import ApusEngine
import ApusRing
import Synchronization
import Testing

@Suite struct StreamedAnswerTests {
  @Test func `an answer is held to its announced length`() throws {
    var router = Router()
    router.on(.get, "/exact") { _, _, sender in
      var writer = try sender.start(length: 10)
      try await writer.write("01234")
      await Task.yield()
      try await writer.write("56789")
      try writer.finish()
    }
    router.on(.get, "/more") { _, _, sender in
      var writer = try sender.start(length: 10)
      try await writer.write("01234")
      try await writer.flush()
      try await writer.write("567890")
      try writer.finish()
    }
    router.on(.get, "/less") { _, _, sender in
      var writer = try sender.start(length: 10)
      try await writer.write("01234")
      try await writer.flush()
      try writer.finish()
    }
    let (_, summary) = try withServer(router) { server in
      let client = try WireClient(port: server.port)
      #expect(try client.get("/exact").text == "0123456789")
      #expect(try client.get("/exact").text == "0123456789")
      for path in ["/more", "/less"] {
        let client = try WireClient(port: server.port)
        #expect(throws: WireClient.Failure.self) { try client.get(path) }
        #expect(client.state == .reset)
      }
    }
    #expect(summary.closes(.handlerAborted) == 2)
    #expect(summary.counters.abandonedTasks == 0)
  }

  @Test func `an answer that is given up is never taken for a whole one`() throws {
    struct Trouble: Error {}
    var router = Router()
    router.on(.get, "/dropped") { _, _, sender in
      var writer = try sender.start()
      try await writer.write("part")
      try await writer.flush()
    }
    router.on(.get, "/thrown") { _, _, sender in
      var writer = try sender.start()
      try await writer.write("part")
      try await writer.flush()
      throw Trouble()
    }
    router.on(.get, "/unsent") { _, _, _ in }
    router.on(.get, "/refused") { _, _, _ in throw HTTPError(.forbidden) }
    router.on(.get, "/at-once") { _, _, sender in _ = try sender.start() }
    let (_, summary) = try withServer(router) { server in
      for path in ["/dropped", "/thrown"] {
        let client = try WireClient(port: server.port)
        #expect(throws: WireClient.Failure.self) {
          try client.send("GET \(path) HTTP/1.1\r\nHost: test\r\n\r\n")
          return try client.chunkedAnswer()
        }
        #expect(client.state == .reset)
      }
      let client = try WireClient(port: server.port)
      #expect(try client.get("/unsent").status == 500)
      #expect(try client.get("/refused").status == 403)
      #expect(try client.get("/at-once").status == 500)
    }
    #expect(summary.closes(.handlerAborted) == 2)
  }

  @Test func `a writer whose peer does not read waits, and learns when it leaves`() throws {
    let witness = Witness()
    var router = Router()
    router.on(.get, "/endless") { _, _, sender in
      var writer = try sender.start()
      do {
        let piece = [UInt8](repeating: 7, count: 30_000)
        while true {
          try await writer.write(piece)
          witness.started.add(piece.count, ordering: .relaxed)
        }
      } catch {
        witness.cancelled.add(1, ordering: .relaxed)
        throw error
      }
    }
    let (_, summary) = try withServer(router) { server in
      do {
        let client = try WireClient(port: server.port, receiveBuffer: 4096)
        try client.send("GET /endless HTTP/1.1\r\nHost: test\r\n\r\n")
        #expect(try client.receive())
        #expect(witness.await { $0.started.load(ordering: .relaxed) })
      }
      #expect(witness.await { $0.cancelled.load(ordering: .relaxed) })
    }
    #expect(summary.closes(.peerReset) == 1)
    #expect(summary.counters.abandonedTasks == 0)
    #expect(witness.started.load(ordering: .relaxed) < 20_000_000)
  }

  @Test func `a HEAD to a streaming handler has its head alone, and an old client an end`() throws {
    var router = testRoutes()
    router.on(.get, "/flow") { _, _, sender in
      var writer = try sender.start()
      for number in 0..<5 { try await writer.write("\(number)") }
      try writer.finish()
    }
    try withServer(router) { server in
      let client = try WireClient(port: server.port)
      try client.send("HEAD /flow HTTP/1.1\r\nHost: test\r\n\r\n")
      #expect(try client.answer(toHead: true).status == 200)
      #expect(try client.get("/n/9").text == "9")
      try client.send("GET /flow HTTP/1.0\r\nHost: test\r\nConnection: keep-alive\r\n\r\n")
      let head = try client.take(through: "\r\n\r\n")
      #expect(head.contains("Connection: close\r\n"))
      #expect(!head.contains("Transfer-Encoding"))
      #expect(try client.awaitEnd() == .finished)
      #expect(client.pending == Array("01234".utf8))
    }
  }

  @Test func `events arrive one by one, and the handler ends when the client goes`() throws {
    let gate = Gate()
    let witness = Witness()
    var router = Router()
    router.events("/ticks") { _, events in
      try await events.send("one\ntwo", event: "tick", id: "1")
      await gate.pass()
      do {
        while true {
          try await events.send("again")
          try await Task.sleep(for: .milliseconds(2))
        }
      } catch {
        witness.cancelled.add(1, ordering: .relaxed)
        throw error
      }
    }
    try withServer(router) { server in
      do {
        let client = try WireClient(port: server.port)
        try client.send("GET /ticks HTTP/1.1\r\nHost: test\r\n\r\n")
        #expect(try client.take(through: "\r\n\r\n").contains("Content-Type: text/event-stream\r\n"))
        #expect(
          try client.take(through: "\n\n\r\n") == "27\r\nevent: tick\nid: 1\ndata: one\ndata: two\n\n\r\n")
        #expect(try client.staysSilent(milliseconds: 20))
        gate.open()
        _ = try client.take(through: "data: again\n\n")
        client.reset()
      }
      #expect(witness.await { $0.cancelled.load(ordering: .relaxed) })
    }
  }
}
