import Apus
import ApusTesting
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
    #expect((try ask(router(trustsClient: true), "/x", fields: fields)["X-Request-Id"] == id) == isTaken)
    #expect(try ask(router(trustsClient: false), "/x", fields: fields)["X-Request-Id"] != id)
  }
}
