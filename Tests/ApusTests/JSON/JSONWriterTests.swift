import Apus
import ApusJSON
import ApusRing
import ApusTestSupport
import ApusTesting
import Foundation
import Testing

@Suite struct JSONWriterTests {
  private struct Written<Value: JSONWritable>: JSONWritable {
    let value: Value
    func write(to json: inout JSONWriter) { value.write(to: &json) }
  }

  private func text(_ value: some JSONWritable & Sendable) throws -> String {
    var router = Router()
    router.get("/") { _ in try .json(writing: value) }
    let answer = try ask(router, "/")
    #expect(answer.status == 200)
    #expect(answer["Content-Type"] == "application/json")
    return answer.text
  }

  private struct User: JSONWritable, Codable, Equatable {
    var id = 7
    var name = "Ana"
    var email: String?
    var score = 1.5
    var isActive = true
    var tags = ["a", "b"]
    func write(to json: inout JSONWriter) {
      json.object { user in
        user.member("id", id)
        user.member("name", name)
        user.member("email", email)
        user.member("score", score)
        user.member("isActive", isActive)
        user.member("tags", tags)
      }
    }
  }

  @Test func `members and elements stand in their order, with commas between them`() throws {
    #expect(
      try text(User())
        == #"{"id":7,"name":"Ana","email":null,"score":1.5,"isActive":true,"tags":["a","b"]}"#)
    #expect(try text([User]()) == "[]")
    #expect(try text([1, 2, 3]) == "[1,2,3]")
    #expect(try text(["k": [Int]()]) == #"{"k":[]}"#)
    #expect(try text([[1], [], [2, 3]]) == "[[1],[],[2,3]]")
    #expect(try text(Optional<Int>.none) == "null")
  }

  @Test func `objects and arrays nest by closures`() throws {
    var router = Router()
    router.get("/") { _ in
      try .json { reply in
        reply.object("empty") { _ in }
        reply.object("a") {
          $0.array("b") { array in
            array.element(1)
            array.object { $0.member("c", "d") }
            array.array { $0.element(true) }
            array.element("e")
          }
        }
        reply.member("z", 0)
      }
    }
    #expect(try ask(router, "/").text == #"{"empty":{},"a":{"b":[1,{"c":"d"},[true],"e"]},"z":0}"#)
  }

  @Test func `every Unicode scalar is read back as it was written`() throws {
    var all = String.UnicodeScalarView()
    for value in UInt32(0)...0x10FFFF
    where value % 251 == 0 || value < 0x300 || (0x2000..<0x2100).contains(value) {
      if let scalar = Unicode.Scalar(value) { all.append(scalar) }
    }
    let text = String(all)
    let written = try self.text([text, "é\u{301}", "👩‍👩‍👧", ""])
    let read = try JSONDecoder().decode([String].self, from: Data(written.utf8))
    #expect(
      read.map { Array($0.unicodeScalars) } == [text, "é\u{301}", "👩‍👩‍👧", ""].map { Array($0.unicodeScalars) })
  }

  @Test func `quotes, backslashes and control characters are escaped at every place of a string`() throws {
    for length in 0..<20 {
      for place in 0...length {
        for special in ["\"", "\\", "\n", "\r", "\t", "\u{0}", "\u{1F}", "\u{8}"] {
          let text =
            String(repeating: "x", count: place) + special + String(repeating: "é", count: length - place)
          let written = try self.text([text: text])
          #expect(!written.utf8.contains { $0 < 0x20 })
          let read = try JSONDecoder().decode([String: String].self, from: Data(written.utf8))
          #expect(read == [text: text])
        }
      }
    }
    #expect(try text("\u{1f}\u{7f}\u{2028}/") == "\"\\u001f\u{7f}\u{2028}/\"")
  }

  @Test func `short texts are written alone, whatever lies behind them in memory`() throws {
    let long = "abcdefgh" + String(repeating: "\u{1}\"\\", count: 20)
    for count in 0...20 {
      var text = long
      // Keeps the memory of the longer text.
      text.removeLast(text.count - count)
      let read = try JSONDecoder().decode([String].self, from: Data(try self.text([text]).utf8))
      #expect(read == [text])
    }
  }

  @Test func `numbers are read back as they were written`() throws {
    let whole = [0, 1, -1, 9, 10, -10, .max, .min]
    #expect(try JSONDecoder().decode([Int].self, from: Data(text(whole).utf8)) == whole)
    #expect(try text(UInt64.max) == "18446744073709551615")
    let broken = [
      0, -0.0, 1, 0.1, 1e16, 1e-7, 1.7976931348623157e308, Double.leastNonzeroMagnitude, .pi, -1.5e300,
    ]
    #expect(try JSONDecoder().decode([Double].self, from: Data(text(broken).utf8)) == broken)
    let short: [Float] = [0.1, 3.4028235e38, Float.leastNonzeroMagnitude]
    #expect(try JSONDecoder().decode([Float].self, from: Data(text(short).utf8)) == short)
    #expect(try text([Int32.min]) == "[-2147483648]")
    #expect(try text([UInt32.max]) == "[4294967295]")
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity]) func `what is no number is refused`(number: Double)
    throws
  {
    #expect(throws: JSONFault.notANumber) { try Response.json(writing: [1, number]) }
    #expect(throws: JSONFault.notANumber) { try Response.json { $0.array("a") { $0.element(number) } } }
    #expect(throws: JSONFault.notANumber) { try Response.json(writing: Float(number)) }
  }

  @Test func `a value that writes nothing is refused`() {
    struct Silent: JSONWritable {
      func write(to json: inout JSONWriter) {}
    }
    #expect(throws: JSONFault.empty) { try Response.json { $0.member("a", Silent()) } }
  }

  @Test func `an answer larger than its room is whole`() throws {
    let users = Array(repeating: User(name: "n\"", email: "e"), count: 1000)
    let read = try JSONDecoder().decode([User].self, from: Data(text(users).utf8))
    expectSame(read, users)
  }

  /// Behind texts of every length, so that each token has its turn at every distance from the
  /// end of the room there is.
  private struct Padded: JSONWritable {
    let padding: Int
    let write: @Sendable (inout JSONObjectWriter) -> Void
    func write(to json: inout JSONWriter) {
      json.object { object in
        object.member("", String(repeating: "p", count: padding))
        write(&object)
      }
    }
  }

  @Test func `a value that is written last in its room is whole`() throws {
    let long = String(repeating: "a", count: 33)
    let tokens: [(@Sendable (inout JSONObjectWriter) -> Void, String)] = [
      ({ $0.member("n", 7) }, #""n":7"#), ({ $0.member("n", -1234) }, #""n":-1234"#),
      ({ $0.member("n", Int.min) }, #""n":-9223372036854775808"#), ({ $0.member("n", 0.5) }, #""n":0.5"#),
      ({ $0.member("n", -9999.998) }, #""n":-9999.998"#),
      ({ $0.member("n", -123_456_789_012.25) }, #""n":-123456789012.25"#),
      ({ $0.member("n", Int?.none) }, #""n":null"#), ({ $0.member("yes", true) }, #""yes":true"#),
      ({ $0.member("no", false) }, #""no":false"#),
      ({ $0.member("thirteenbytes", "") }, #""thirteenbytes":"""#),
      ({ $0.member("fourteen bytes", "é") }, #""fourteen bytes":"é""#),
      ({ $0.member("t", "\n") }, #""t":"\n""#), ({ [long] in $0.member("t", long) }, #""t":"\#(long)""#),
      ({ [long] in $0.member("t", String(long.dropLast())) }, #""t":"\#(long.dropLast())""#),
      ({ $0.member("l", [String]()) }, #""l":[]"#), ({ $0.member("l", ["", "\""]) }, #""l":["","\""]"#),
      ({ [long] in $0.member("l", [long, "b"]) }, #""l":["\#(long)","b"]"#),
      ({ $0.object("o") { _ in } }, #""o":{}"#), ({ $0.array("a") { $0.array { _ in } } }, #""a":[[]]"#),
    ]
    for padding in 0..<130 {
      for (write, token) in tokens {
        var json = JSONWriter(capacity: 0)
        json.value(Padded(padding: padding, write: write))
        let bytes = try json.finish()
        let text = bytes.span.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        #expect(text == "{\"\":\"\(String(repeating: "p", count: padding))\",\(token)}")
      }
    }
  }
}

@Suite struct CodableJSONTests {
  private struct Event: Codable, Equatable {
    let at: Date
    let path: String
  }

  @Test func `values go out and come in by Codable, dates as ISO 8601`() throws {
    var router = Router()
    router.post("/echo") { request in try .json(request.decode(Event.self), status: .created) }
    let body = #"{"at":"2026-01-02T03:04:05Z","path":"/a"}"#
    let answer = try ask(router, "POST", "/echo", body: body)
    #expect(answer.status == 201)
    #expect(answer["Content-Type"] == "application/json")
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    let event = try decoder.decode(Event.self, from: Data(answer.body))
    #expect(event == Event(at: Date(timeIntervalSince1970: 1_767_323_045), path: "/a"))
    #expect(answer.text.contains(#""/a""#))
  }

  @Test func `a value that cannot be encoded is 500`() throws {
    var router = Router()
    router.get("/nan") { _ in try .json([Double.nan]) }
    #expect(try ask(router, "/nan").status == 500)
  }
}
