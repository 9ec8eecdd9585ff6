// JSON as a core writes it: names that it has written before are known to it, and one block serves
// one answer after another.

import Apus
import ApusTesting
import Foundation
import Testing

@Suite struct CoreJSONTests {
  /// Of every length that fits the two words of a known name, and more; some to be escaped,
  /// more than one at an address.
  private static let names: [StaticString] = [
    "", "a", "ab", "abc", "abcd", "abcde", "abcdef", "abcdefg", "abcdefgh", "abcdefghi", "abcdefghij",
    "abcdefghijk", "abcdefghijkl", "abcdefghijklm", "abcdefghijklmn", "abcdefghijklmno", "abcdefghijklmnop",
    "a name of many more bytes than a known one may have", "\"", "a\"b", "back\\slash", "line\nbreak",
    "eleven\"byte", "thirteen\tbyte", "é", "naïve", "日本語", "名前名前", "id", "name", "price", "available",
    "tags", "total", "page", "next", "items", "created", "updated", "owner", "street", "city", "zip", "phone",
    "mail", "status", "count", "limit", "offset", "kind", "type", "value", "key", "url", "width", "height",
    "depth", "mass", "x", "y", "z", "left", "right", "top", "bottom", "red", "green", "blue", "alpha", "beta",
    "gamma", "delta", "first", "second", "third", "last", "even", "odd", "small", "large", "open", "closed",
  ]

  private struct Everything: JSONWritable {
    let start: Int

    func write(to json: inout JSONWriter) {
      json.object { object in
        for index in CoreJSONTests.names.indices {
          let place = (start + index) % CoreJSONTests.names.count
          object.member(CoreJSONTests.names[place], place)
        }
      }
    }
  }

  private static func expected() -> [String: Int] {
    var expected: [String: Int] = [:]
    for (place, name) in names.enumerated() { expected["\(name)"] = place }
    return expected
  }

  @Test func `names are written alike the first time and later, in one answer and the next`() async throws {
    var router = Router()
    router.get("/") { _ in try .json(writing: (0..<3).map { Everything(start: 17 * $0) }) }
    try await TestServer(router, .live) { client in
      for _ in 0..<3 {
        let answer = try await client.get("/")
        let read = try JSONDecoder().decode([[String: Int]].self, from: Data(answer.text.utf8))
        #expect(read == [Self.expected(), Self.expected(), Self.expected()])
      }
    }
  }

  @Test func `an answer that is kept is not written over by the next`() async throws {
    final class Kept: @unchecked Sendable { var answer: Response? }
    // One core's alone.
    let kept = Kept()
    var router = Router()
    router.get("/keep") { _ in
      let answer = try Response.json { $0.member("kept", String(repeating: "k", count: 1500)) }
      kept.answer = answer
      return answer
    }
    router.get("/other/{n}") { request in
      let number = try request.parameter("n", as: Int.self)
      return try .json { $0.member("other", String(repeating: "o", count: number)) }
    }
    router.get("/kept") { _ in kept.answer ?? .empty() }
    var configuration = Server.Configuration()
    configuration.cores = .count(1)
    try await TestServer(router, .live, configuration: configuration) { client in
      let first = try await client.get("/keep").text
      for length in [10, 1500, 3000, 4000, 5000, 20_000] {
        #expect(try await client.get("/other/\(length)").text.utf8.count == length + 12)
        #expect(try await client.get("/kept").text == first)
      }
    }
  }
}
