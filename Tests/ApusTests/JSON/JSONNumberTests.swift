// Numbers that are larger than what they are decoded into.

import Apus
import ApusTesting
import Foundation
import Testing

@Suite struct JSONNumberTests {
  private struct Sizes: Codable {
    struct Item: Codable { var count: Int8 }
    var id: Int?
    var small: Int8?
    var unsigned: UInt16?
    var long: UInt64?
    var ratio: Double?
    var short: Float?
    var items: [Item]?
    var grid: [[UInt8]]?
    var named: [String: Int32]?
    var at: Date?
  }

  private func routes() -> Router {
    var router = Router()
    router.post("/sizes") { request in try .json(request.decode(Sizes.self)) }
    router.post("/number") { request in try .json(request.decode(Int8.self)) }
    router.get("/item/{number}") { request in .text("\(try request.parameter("number", as: UInt8.self))") }
    return router
  }

  @Test(arguments: [
    (
      #"{"id":9223372036854775808}"#,
      "id is 9223372036854775808, not a whole number from -9223372036854775808 to 9223372036854775807"
    ),
    (#"{"id":1e30}"#, "id is 1e30, not a whole number from -9223372036854775808 to 9223372036854775807"),
    (#"{"id":1.5}"#, "id is 1.5, not a whole number from -9223372036854775808 to 9223372036854775807"),
    (#"{"small":300}"#, "small is 300, not a whole number from -128 to 127"),
    (#"{"unsigned":-1}"#, "unsigned is -1, not a whole number from 0 to 65535"),
    (
      #"{"long":18446744073709551616}"#,
      "long is 18446744073709551616, not a whole number from 0 to 18446744073709551615"
    ),
    (#"{"ratio":1e999}"#, "ratio is 1e999, beyond what a number of 64 bits holds (1.7976931348623157e+308)"),
    (#"{"short":1e39}"#, "short is 1e39, beyond what a number of 32 bits holds (3.4028235e+38)"),
    (#"{"items":[{"count":1},{"count":128}]}"#, "items[1].count is 128, not a whole number from -128 to 127"),
    (#"{"grid":[[1,2],[3,256]]}"#, "grid[1][1] is 256, not a whole number from 0 to 255"),
    (
      #"{"named":{"a":1,"b":2147483648}}"#,
      "named.b is 2147483648, not a whole number from -2147483648 to 2147483647"
    ),
  ])
  func `a number that does not fit is 400 and says where, which, and what would`(
    body: String, sentence: String
  ) throws {
    let answer = try ask(routes(), "POST", "/sizes", body: body)
    #expect(answer.status == 400)
    #expect(answer.text == "400 the field \(sentence)\n")
  }

  @Test func `a number by itself says so too, and a long one is cut`() throws {
    #expect(
      try ask(routes(), "POST", "/number", body: "300").text
        == "400 the body is 300, not a whole number from -128 to 127\n")
    let digits = String(repeating: "9", count: 10_000)
    #expect(
      try ask(routes(), "POST", "/number", body: digits).text
        == "400 the body is \(digits.prefix(40))..., not a whole number from -128 to 127\n")
  }

  @Test(arguments: [#"{"id":}"#, #"{"id":01}"#, #"{"id":1.2.3}"#, #"{"id":300"#, #"{"id":nan}"#])
  func `a text that is no JSON is not taken for a number`(body: String) throws {
    #expect(try ask(routes(), "POST", "/sizes", body: body).text == "400 the body is not JSON\n")
  }

  @Test(arguments: [
    #"{"id":9007199254740993}"#, #"{"id":9223372036854775807}"#, #"{"id":-9223372036854775808}"#,
    #"{"long":18446744073709551615}"#, #"{"small":-128}"#, #"{"ratio":1.7976931348623157e+308}"#,
  ])
  func `the largest numbers keep every digit both ways`(body: String) throws {
    #expect(try ask(routes(), "POST", "/sizes", body: body).text == body)
  }

  @Test func `a number in a path says its range as well`() throws {
    #expect(
      try ask(routes(), "/item/256").text == "400 the path's {number} is not a whole number from 0 to 255\n")
    #expect(try ask(routes(), "/item/x").text == "400 the path's {number} is not a whole number in range\n")
  }

  @Test func `a test's answer says so too`() async throws {
    var router = Router()
    router.get("/") { _ in try .json(["count": 300]) }
    try await TestServer(router) { client in
      let answer = try await client.get("/")
      do {
        _ = try answer.decode(Sizes.Item.self)
        Issue.record("300 is no Int8")
      } catch DecodingError.dataCorrupted(let context) {
        #expect(context.codingPath.map(\.stringValue) == ["count"])
        #expect(context.debugDescription == "The value is 300, not a whole number from -128 to 127.")
      }
    }
  }
}
