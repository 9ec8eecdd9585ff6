import Apus
import ApusTesting
import Testing

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
