import Apus
import ApusTesting
import Testing

@Suite struct TypedTests {
  private func router() -> Router {
    var router = Router()
    router.get("/int/{id}") { request in .text("\(try request.parameter("id", as: Int.self) * 2)") }
    router.get("/bool/{flag}") { request in .text("\(try request.parameter("flag") as Bool)") }
    router.get("/double/{x}") { request in .text("\(try request.parameter("x", as: Double.self))") }
    router.get("/float") { request in .text("\(try request.queryFields.require("x", as: Float.self))") }
    router.get("/wrong/{x}") { request in .text("\(try request.parameter("y", as: Int.self))") }
    router.get("/q") { request in .text("\(try request.query("page", as: Int.self) ?? -1)") }
    router.get("/fields") { request in
      .text(try request.queryFields.fields.map { "\($0.name)=\($0.value)" }.joined(separator: "|"))
    }
    return router
  }

  @Test(arguments: [
    ("/int/21", 200, "42"), ("/int/-3", 200, "-6"),
    ("/int/x", 400, "400 the path's {id} is not a whole number in range\n"),
    (
      "/int/99999999999999999999", 400,
      "400 the path's {id} is not a whole number from -9223372036854775808 to 9223372036854775807\n"
    ),
    ("/bool/true", 200, "true"), ("/bool/yes", 400, "400 the path's {flag} is not true or false\n"),
    ("/double/1.5", 200, "1.5"), ("/double/a", 400, "400 the path's {x} is not a number\n"),
    ("/double/nan", 400, "400 the path's {x} is not a number that 64 bits hold\n"),
    ("/double/-inf", 400, "400 the path's {x} is not a number that 64 bits hold\n"),
    ("/double/1e999", 400, "400 the path's {x} is not a number that 64 bits hold\n"),
    ("/double/1e308", 200, "1e+308"),
    ("/float?x=1e39", 400, "400 the field x is not a number that 32 bits hold\n"),
    ("/wrong/1", 500, "500 the route captures no {y}\n"),
    ("/q?page=7", 200, "7"), ("/q", 200, "-1"),
    ("/q?page=", 400, "400 the query's page is not a whole number in range\n"),
    ("/q?page=7&page=8", 200, "7"),
    ("/fields?a=1&b=%41+b&c&&=d&a=2", 200, "a=1|b=A b|c=|=d|a=2"),
  ])
  func `captures and query parameters are read as values, and what is none is 400 and named`(
    target: String, status: Int, text: String
  ) throws {
    let answer = try ask(router(), target)
    #expect(answer.status == status)
    #expect(answer.text == text)
  }

  @Test func `a query of too many fields is refused`() throws {
    #expect(try ask(router(), "/fields?" + String(repeating: "a&", count: 1000)).status == 200)
    #expect(try ask(router(), "/fields?" + String(repeating: "a&", count: 1001)).status == 400)
  }
}
