import Apus
import ApusTesting
import Testing

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
