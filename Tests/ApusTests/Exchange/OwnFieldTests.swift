import Apus
import ApusTesting
import Testing

/// What frames an answer is the server's to say, whatever a handler's fields say.
@Suite struct OwnFieldTests {
  @Test func `fields of a handler's that would frame its answer anew are not sent`() async throws {
    let fields = [
      ResponseField("Content-Length", "3"), ResponseField("transfer-encoding", "chunked"),
      ResponseField("Date", "yesterday"), ResponseField("X-Kept", "yes"),
    ]
    var router = Router()
    router.get("/whole") { _ in
      var answer = Response.text("hello")
      answer.fields = fields
      return answer
    }
    router.get("/hooked") { _ in .text("hello") }
    router.after { request, response in response.fields += fields }
    router.on(.get, "/flow") { _, _, sender in
      var head = Response.empty(.ok)
      head.fields = fields
      var writer = try sender.start(head)
      try await writer.write("hello")
      try writer.finish()
    }
    try await TestServer(router) { client in
      for target in ["/whole", "/hooked", "/flow"] {
        let answer = try await client.get(target)
        #expect(answer.text == "hello")
        #expect(answer["Content-Length"] == (target == "/flow" ? nil : "5"))
        #expect(answer["Transfer-Encoding"] == (target == "/flow" ? "chunked" : nil))
        #expect(answer["Date"]?.contains("yesterday") == false)
        #expect(answer["X-Kept"]?.contains("yes") == true)
      }
    }
  }
}
