import Apus
import ApusTesting
import Testing

@Suite struct TypedTests {
  private func router() -> Router {
    var router = Router()
    router.get("/int/{id}") { request in .text("\(try request.parameter("id", as: Int.self) * 2)") }
    router.get("/bool/{flag}") { request in .text("\(try request.parameter("flag") as Bool)") }
    router.get("/double/{x}") { request in .text("\(try request.parameter("x", as: Double.self))") }
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
    ("/int/99999999999999999999", 400, "400 the path's {id} is not a whole number in range\n"),
    ("/bool/true", 200, "true"), ("/bool/yes", 400, "400 the path's {flag} is not true or false\n"),
    ("/double/1.5", 200, "1.5"), ("/double/a", 400, "400 the path's {x} is not a number\n"),
    ("/wrong/1", 500, "500 the route captures no {y}\n"),
    ("/q?page=7", 200, "7"), ("/q", 200, "-1"),
    ("/q?page=", 400, "400 the query's page is not a whole number in range\n"),
    ("/q?page=7&page=8", 200, "7"),
    ("/fields?a=1&b=%41+b&c&&=d&a=2", 200, "a=1|b=A b|c=|=d|a=2"),
  ])
  func `captures and query parameters as values`(target: String, status: Int, text: String) throws {
    let answer = try ask(router(), target)
    #expect(answer.status == status)
    #expect(answer.text == text)
  }

  @Test func `a query of too many fields is refused`() throws {
    #expect(try ask(router(), "/fields?" + String(repeating: "a&", count: 1000)).status == 200)
    #expect(try ask(router(), "/fields?" + String(repeating: "a&", count: 1001)).status == 400)
  }
}

@Suite struct FormTests {
  private func router() -> Router {
    var router = Router()
    router.post("/f") { request in
      let form = try request.form
      let age = try form.value("age", as: Int.self)
      return .text("\(form["name"] ?? "-") \(age.map { "\($0)" } ?? "-") \(form.all("tag"))")
    }
    router.post("/need") { request in .text("\(try request.form.require("age", as: Int.self))") }
    return router
  }

  private let type = "Content-Type: application/x-www-form-urlencoded\r\n"

  @Test func `fields are decoded, in order, names may come again`() throws {
    let answer = try ask(
      router(), "POST", "/f", fields: type, body: "name=J%C3%BCrgen+M&age=41&tag=a&tag=b%26c")
    #expect(answer.text == #"Jürgen M 41 ["a", "b&c"]"#)
  }

  @Test func `a form without a type, or with parameters, is believed; another type is 415`() throws {
    #expect(try ask(router(), "POST", "/f", body: "name=x").text == "x - []")
    let mixed = "Content-Type: Application/X-WWW-Form-Urlencoded ; charset=utf-8\r\n"
    #expect(try ask(router(), "POST", "/f", fields: mixed, body: "name=x").text == "x - []")
    #expect(
      try ask(router(), "POST", "/f", fields: "Content-Type: application/json\r\n", body: "{}").status == 415)
    #expect(
      try ask(router(), "POST", "/f", fields: type).text == "- - []", "no body is a form without fields")
  }

  @Test func `a field that does not fit, or is missing, is 400 and named`() throws {
    #expect(
      try ask(router(), "POST", "/f", fields: type, body: "age=old").text
        == "400 the field age is not a whole number in range\n")
    #expect(
      try ask(router(), "POST", "/need", fields: type, body: "a=1").text == "400 the field age is missing\n")
  }
}

@Suite struct CookieTests {
  private func router() -> Router {
    var router = Router()
    router.get("/one") { request in .text(request.cookie("session") ?? "none") }
    router.get("/all") { request in
      .text(request.cookies.map { "\($0.name)=\($0.value)" }.joined(separator: "|"))
    }
    return router
  }

  @Test(arguments: [
    ("session=abc", "abc", "session=abc"), ("a=1; session=x=y; b=2", "x=y", "a=1|session=x=y|b=2"),
    (#"session="quoted""#, "quoted", "session=quoted"), ("session=", "", "session="),
    ("Session=no", "none", "Session=no"), ("session", "none", ""), ("=x; session=1", "1", "session=1"),
    (" ; ;session = spaced ;", "spaced", "session=spaced"),
    ("session=1; session=2", "1", "session=1|session=2"),
    (#"session=""#, #"""#, #"session=""#),
  ])
  func `cookies are read`(field: String, one: String, all: String) throws {
    #expect(try ask(router(), "/one", fields: "Cookie: \(field)\r\n").text == one)
    #expect(try ask(router(), "/all", fields: "Cookie: \(field)\r\n").text == all)
  }

  @Test func `several Cookie lines are one`() throws {
    #expect(try ask(router(), "/all", fields: "Cookie: a=1\r\nCookie: session=2\r\n").text == "a=1|session=2")
    #expect(try ask(router(), "/one", fields: "Cookie: a=1\r\nCookie: session=2\r\n").text == "2")
    #expect(try ask(router(), "/one").text == "none")
  }
}

@Suite struct DecodeTests {
  private struct Order: Decodable {
    struct Item: Decodable {
      let name: String
      let count: Int
    }
    let id: Int
    let items: [Item]
  }

  private func router() -> Router {
    var router = Router()
    router.post("/orders") { request in
      let order = try request.decode(Order.self)
      return .text("\(order.id) \(order.items.map { "\($0.name) x \($0.count)" })")
    }
    return router
  }

  @Test(arguments: [
    (#"{"id":1,"items":[{"name":"a","count":2}]}"#, 200, #"1 ["a x 2"]"#),
    (#"{"id":1,"items":[{"name":"a"}]}"#, 400, "400 the field items[0].count is missing\n"),
    (#"{"id":"x","items":[]}"#, 400, "400 the field id is not a whole number in range\n"),
    (#"{"id":1,"items":[{"name":null,"count":2}]}"#, 400, "400 the field items[0].name is null, not text\n"),
    (#"{"id":1,"items":7}"#, 400, "400 the field items is not an array\n"),
    (#"{"id":1,"#, 400, "400 the body is not JSON\n"), ("[]", 400, "400 the body is not an object\n"),
  ])
  func `a body that does not fit is 400 and says where`(body: String, status: Int, text: String) throws {
    let answer = try ask(router(), "POST", "/orders", body: body)
    #expect(answer.status == status)
    #expect(answer.text == text)
  }

  @Test(arguments: [
    ("application/json", 200), ("Application/JSON; charset=utf-8", 200), ("application/vnd.api+json", 200),
    ("text/plain", 415), ("application/jsonp", 415), ("+json", 415),
  ])
  func `a Content-Type that is given must be JSON's`(type: String, status: Int) throws {
    let answer = try ask(
      router(), "POST", "/orders", fields: "Content-Type: \(type)\r\n", body: #"{"id":1,"items":[]}"#)
    #expect(answer.status == status)
  }

  @Test func `an empty body is not JSON`() throws {
    #expect(try ask(router(), "POST", "/orders").status == 400)
  }

  @Test func `nesting without end is refused, not followed`() throws {
    let deep = String(repeating: "[", count: 100_000)
    #expect(try ask(router(), "POST", "/orders", body: deep).status == 400)
  }
}
