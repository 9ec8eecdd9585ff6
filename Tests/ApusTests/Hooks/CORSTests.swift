import Apus
import ApusTesting
import Testing

@Suite struct CORSTests {
  private func router(_ rules: CORS) -> Router {
    var router = Router()
    router.add(.cors(rules))
    router.get("/x") { _ in .text("x") }
    router.delete("/x") { _ in throw HTTPError(.forbidden) }
    return router
  }

  private func named(_ change: (inout CORS) -> Void = { _ in }) -> CORS {
    var rules = CORS(origins: .these(["https://a.example", "https://b.example"]))
    change(&rules)
    return rules
  }

  private let preflight = "Access-Control-Request-Method: DELETE\r\n"

  @Test func `any origin reads any answer, errors included`() throws {
    let router = router(CORS(origins: .any))
    for (method, target, status) in [("GET", "/x", 200), ("DELETE", "/x", 403), ("GET", "/none", 404)] {
      let answer = try ask(router, method, target, fields: "Origin: https://anyone.example\r\n")
      #expect(answer.status == status)
      #expect(answer["Access-Control-Allow-Origin"] == "*")
      #expect(answer["Vary"] == nil)
    }
  }

  @Test func `a named origin is allowed by its name, another is not, and Vary tells caches`() throws {
    let router = router(
      named {
        $0.allowsCredentials = true; $0.exposedFields = ["X-Total"]
      })
    let known = try ask(router, "/x", fields: "Origin: https://b.example\r\n")
    #expect(known["Access-Control-Allow-Origin"] == "https://b.example")
    #expect(known["Access-Control-Allow-Credentials"] == "true")
    #expect(known["Access-Control-Expose-Headers"] == "X-Total")
    #expect(known["Vary"] == "Origin")
    for origin in ["Origin: https://b.example.evil\r\n", "Origin: null\r\n", ""] {
      let other = try ask(router, "/x", fields: origin)
      #expect(other.status == 200)
      #expect(other["Access-Control-Allow-Origin"] == nil)
      #expect(other["Access-Control-Allow-Credentials"] == nil)
      #expect(other["Vary"] == "Origin")
    }
  }

  @Test func `a preflight request is answered without the handler`() throws {
    let router = router(
      named {
        $0.methods = [.get, .delete]; $0.maxAge = .seconds(60)
      })
    let answer = try ask(router, "OPTIONS", "/x", fields: "Origin: https://a.example\r\n" + preflight)
    #expect(answer.status == 204)
    #expect(answer["Access-Control-Allow-Origin"] == "https://a.example")
    #expect(answer["Access-Control-Allow-Methods"] == "GET, DELETE")
    #expect(answer["Access-Control-Allow-Headers"] == "Content-Type, Authorization")
    #expect(answer["Access-Control-Max-Age"] == "60")
    let other = try ask(router, "OPTIONS", "/x", fields: "Origin: https://c.example\r\n" + preflight)
    #expect(other["Access-Control-Allow-Methods"] == nil)
    #expect(other["Access-Control-Allow-Origin"] == nil)
  }

  @Test func `an OPTIONS that is no such question is the router's`() throws {
    let answer = try ask(router(CORS(origins: .any)), "OPTIONS", "/x")
    #expect(answer["Allow"] == "GET, DELETE, HEAD, OPTIONS")
  }

  @Test func `a group answers for its own routes alone`() throws {
    var router = Router()
    router.group("/open") { group in
      group.add(.cors())
      group.get("/x") { _ in .text("x") }
    }
    router.get("/closed") { _ in .text("x") }
    let question = "Origin: https://a.example\r\n" + preflight
    #expect(try ask(router, "OPTIONS", "/open/x", fields: question)["Access-Control-Allow-Origin"] == "*")
    #expect(try ask(router, "OPTIONS", "/closed", fields: question)["Access-Control-Allow-Origin"] == nil)
  }

  @Test func `everybody with credentials is refused when the program starts`() async {
    await #expect(processExitsWith: .failure) {
      var rules = CORS(origins: .any)
      rules.allowsCredentials = true
      _ = Hook.cors(rules)
    }
  }
}
