import Apus
import ApusTesting
import Logging
import Testing

@Suite struct RequestIDTests {
  private func router(trustsClient: Bool) -> Router {
    var router = Router()
    router.add(.requestID(trustsClient: trustsClient))
    router.get("/x") { request in .text(request.id) }
    return router
  }

  @Test func `every request has an id of its own, the same in the handler and the answer`() throws {
    var seen: Set<String> = []
    for _ in 0..<3 {
      let requests = String(repeating: "GET /x HTTP/1.1\r\nHost: a\r\n\r\n", count: 20)
      for answer in try answers(router(trustsClient: false), requests) {
        #expect(answer["X-Request-Id"] == answer.text)
        #expect(answer.text.utf8.count == 16)
        seen.insert(answer.text)
      }
    }
    #expect(seen.count == 60)
  }

  @Test(arguments: [
    ("abc-1._Z", true), ("", false), ("a b", false), ("a\"b", false),
    (String(repeating: "a", count: 65), false),
  ])
  func `a client's id is taken only when it is trusted and plain`(id: String, isTaken: Bool) throws {
    let fields = "X-Request-Id: \(id)\r\n"
    let trusting = try ask(router(trustsClient: true), "/x", fields: fields)
    #expect((trusting["X-Request-Id"] == id) == isTaken)
    #expect(trusting.text == trusting["X-Request-Id"], "the handler has the same")
    let other = try ask(router(trustsClient: false), "/x", fields: fields)
    #expect(other["X-Request-Id"] != id)
    #expect(other.text == other["X-Request-Id"])
  }

  @Test func `a client's id is the request's in every tier, in hooks, in lines of log and for errors`() throws
  {
    let (logger, events) = LogRecorder.make()
    var router = Router()
    router.add(.log(logger))
    router.group("/g") { group in
      group.add(.requestID(trustsClient: true))
      group.get("/sync/{a}") { request in .text(request.id + (request.parameter("a") ?? "")) }
      group.get("/async/{a}") { request in
        try await Task.sleep(for: .seconds(1))
        return .text(request.id + (request.parameter("a") ?? ""))
      }
      group.on(.get, "/streaming/{a}") { request, _, sender in
        sender.send(.text(request.id + (request.parameter("a") ?? "")))
      }
      group.get("/broken/{a}") { _ in throw AnswerError.noUpgrade }
    }
    var stage = try ErrorStage(router)
    for tier in ["sync", "async", "streaming", "broken"] {
      let peer = stage.ask("GET /g/\(tier)/7 HTTP/1.1\r\nHost: a\r\nX-Request-Id: from.front\r\n\r\n")
      if tier != "broken" { #expect(peer.answers.map(\.text) == ["from.front7"]) }
      #expect(peer.answers.first?["X-Request-Id"] == "from.front")
    }
    #expect(events.all.map { $0.metadata["id"] } == Array(repeating: "from.front", count: 4))
    #expect(stage.events.all.map { $0.metadata["id"] } == ["from.front"])
    #expect(stage.heard.all.map(\.id) == ["from.front"])
    stage.end()
  }

  @Test func `requests whose bodies become whole in the same turn have ids of their own`() throws {
    var router = Router()
    router.add(.requestID())
    router.post("/x") { request in .text(request.id) }
    var stage = try ErrorStage(router)
    let head = "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n"
    let peers = (0..<3).map { _ in
      SimulatedPeer(
        "client", methods: ["POST"],
        steps: [
          .send(Array((head + "ab").utf8)), .pause(nanoseconds: 1_000_000_000), .send(Array("cd".utf8)),
        ])
    }
    for peer in peers { stage.add(peer) }
    stage.run(for: .seconds(3))
    let ids = peers.flatMap { $0.answers.map(\.text) }
    #expect(ids.count == 3 && Set(ids).count == 3)
    stage.end()
  }
}
