// Values drawn by seed, written by the writer and read back by Foundation's decoder: what comes back is what
// went out. A failure names its seed.

import Apus
import ApusTesting
import Foundation
import Testing

@Suite struct RandomJSONTests {
  /// A value of any kind, nested in itself.
  private indirect enum Value: JSONWritable, Decodable, Equatable, Sendable {
    case null
    case flag(Bool)
    case whole(Int)
    case broken(Double)
    case text(String)
    case array([Value])
    case object([String: Value])
    case record(Record)

    func write(to json: inout JSONWriter) {
      switch self {
      case .null: json.null()
      case .flag(let flag): json.value(flag)
      case .whole(let number): json.value(number)
      case .broken(let number): json.value(number)
      case .text(let text): json.value(text)
      case .array(let values): values.write(to: &json)
      case .object(let members): members.write(to: &json)
      case .record(let record): record.write(to: &json)
      }
    }

    /// Reads what it is told to expect, as JSON does not tell 1 from 1.0.
    init(from decoder: any Decoder) throws {
      let place = try decoder.singleValueContainer()
      if place.decodeNil() {
        self = .null
      } else if let flag = try? place.decode(Bool.self) {
        self = .flag(flag)
      } else if let number = try? place.decode(Int.self) {
        self = .whole(number)
      } else if let number = try? place.decode(Double.self) {
        self = .broken(number)
      } else if let text = try? place.decode(String.self) {
        self = .text(text)
      } else if let values = try? place.decode([Value].self) {
        self = .array(values)
      } else if let record = try? place.decode(Record.self) {
        self = .record(record)
      } else {
        self = .object(try place.decode([String: Value].self))
      }
    }
  }

  /// An object with a member of each kind that the writer has a way of its own for.
  private struct Record: JSONWritable, Decodable, Equatable, Sendable {
    var id: Int
    var name: String
    var price: Double
    var isOpen: Bool
    var tags: [String]
    var note: String?
    var rank: Int?
    var share: Double?
    var thePartsOfWhichItIsMade: [Value]

    func write(to json: inout JSONWriter) {
      json.object { record in
        record.member("id", id)
        record.member("name", name)
        record.member("price", price)
        record.member("isOpen", isOpen)
        record.member("tags", tags)
        record.member("note", note)
        record.member("rank", rank)
        record.member("share", share)
        record.member("thePartsOfWhichItIsMade", thePartsOfWhichItIsMade)
      }
    }
  }

  /// Values as a seed gives them.
  private struct Draw {
    var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }

    /// Of all lengths in digits alike.
    mutating func whole() -> Int { Int(truncatingIfNeeded: random.next()) >> below(64) }

    mutating func broken() -> Double {
      switch below(4) {
      case 0: return Double(whole() % 10_000_000) / 1000
      case 1: return Double(whole() >> 11) / 1000
      case 2: return Double(whole() % 1000) / 8
      default:
        let any = Double(bitPattern: random.next())
        return any.isFinite ? any : 0.5
      }
    }

    mutating func text() -> String {
      var text = ""
      let plain = below(3) > 0
      for _ in 0..<below(below(4) == 0 ? 200 : 40) {
        let kinds: Range<UInt32> = plain ? 0x23..<0x5C : below(2) == 0 ? 0..<0x100 : 0..<0x11_0000
        let scalar = Unicode.Scalar(UInt32.random(in: kinds, using: &random))
        if let scalar { text.unicodeScalars.append(scalar) }
      }
      return text
    }

    mutating func values(_ depth: Int) -> [Value] { (0..<below(5)).map { _ in value(depth) } }

    mutating func record(_ depth: Int) -> Record {
      Record(
        id: whole(), name: text(), price: broken(), isOpen: below(2) == 0,
        tags: (0..<below(4)).map { _ in text() }, note: below(2) == 0 ? nil : text(),
        rank: below(2) == 0 ? nil : whole(), share: below(2) == 0 ? nil : broken(),
        thePartsOfWhichItIsMade: values(depth))
    }

    mutating func value(_ depth: Int) -> Value {
      switch below(depth > 0 ? 8 : 5) {
      case 0: .null
      case 1: .flag(below(2) == 0)
      case 2: .whole(whole())
      case 3: .broken(broken())
      case 4: .text(text())
      case 5: .array(values(depth - 1))
      case 6:
        .object(Dictionary((0..<below(5)).map { _ in (text(), value(depth - 1)) }) { first, _ in first })
      default: .record(record(depth - 1))
      }
    }
  }

  @Test func `a random document is read back, on a core that knows its names`() async throws {
    var router = Router()
    router.get("/{seed}") { request in
      var draw = Draw(seed: try request.parameter("seed", as: UInt64.self))
      return try .json(writing: [Value.record(draw.record(4)), draw.value(4)], capacity: draw.below(3000))
    }
    try await TestServer(router) { client in
      for seed in Seed.list(standard: 400) {
        var draw = Draw(seed: seed)
        let expected = [Value.record(draw.record(4)), draw.value(4)]
        let answer = try await client.get("/\(seed)")
        let read = try JSONDecoder().decode([Value].self, from: Data(answer.text.utf8))
        #expect(same(read, expected), Comment(rawValue: Seed.commandLine(seed, filter: "RandomJSONTests")))
      }
    }
  }

  @Test func `numbers of every length are written as Swift has them`() throws {
    var draw = Draw(seed: 1)
    var wholes = [Int.min, Int.min + 1, Int.max, 0]
    var power = 1
    while power < Int.max / 10 {
      wholes += [power - 1, power, power + 1, -power, 1 - power]
      power *= 10
    }
    wholes += (0..<10_100).map { $0 } + (0..<5000).map { _ in draw.whole() }
    let answer = try ask(wholes)
    #expect(answer == "[\(wholes.map(\.description).joined(separator: ","))]")
  }

  @Test func `numbers with decimals have the shortest text that reads back as the number`() throws {
    var draw = Draw(seed: 2)
    var numbers: [Double] = [
      -0.0, 0, 0.001, -0.001, 9999.999, 10_000.001, 9_999_999, -9999.999, 1e12, 1e15, .leastNonzeroMagnitude,
    ]
    numbers += (0..<12_000).map { Double($0) / 1000 } + (0..<20_000).map { _ in draw.broken() }
    let answer = try ask(numbers)
    let tokens = answer.dropFirst().dropLast().split(separator: ",")
    #expect(tokens.count == numbers.count)
    for (token, number) in zip(tokens, numbers) {
      #expect(Double(token)?.bitPattern == number.bitPattern, "\(token) for \(number)")
      let shortest =
        number.description.hasSuffix(".0") ? number.description.dropLast(2) : number.description[...]
      #expect(
        token.utf8.count <= max(shortest.utf8.count, number.description.utf8.count), "\(token) for \(number)")
    }
  }

  @Test func `an object that is nested a thousand times closes as often`() throws {
    struct Nested: JSONWritable {
      let depth: Int
      func write(to json: inout JSONWriter) {
        json.object { object in
          if depth > 0 { object.member("in", [Nested(depth: depth - 1)]) }
        }
      }
    }
    let answer = try ask(Nested(depth: 1000))
    let opened = String(repeating: #"{"in":["#, count: 1000)
    #expect(answer == opened + "{}" + String(repeating: "]}", count: 1000))
  }

  // MARK: inside

  private func ask(_ value: some JSONWritable & Sendable) throws -> String {
    var router = Router()
    router.get("/") { _ in try .json(writing: value) }
    return try ApusTests.ask(router, "/").text
  }

  /// The same, where a number with decimals may have been read as a whole one, and an object as a
  /// record or the other way round.
  private func same(_ read: [Value], _ written: [Value]) -> Bool {
    read.count == written.count && zip(read, written).allSatisfy { same($0, $1) }
  }

  private func same(_ read: Value, _ written: Value) -> Bool {
    switch (read, written) {
    case (.whole(let read), .broken(let written)): Double(read) == written
    case (.text(let read), .text(let written)): Array(read.utf8) == Array(written.utf8)
    case (.array(let read), .array(let written)): same(read, written)
    case (.object(let read), .object(let written)):
      read.count == written.count
        && read.allSatisfy { name, value in written[name].map { same(value, $0) } ?? false }
    case (.record(let read), .record(let written)):
      read.id == written.id && Array(read.name.utf8) == Array(written.name.utf8)
        && read.price == written.price
        && read.isOpen == written.isOpen
        && read.tags.map { Array($0.utf8) } == written.tags.map { Array($0.utf8) }
        && read.note.map { Array($0.utf8) } == written.note.map { Array($0.utf8) }
        && read.rank == written.rank
        && read.share == written.share && same(read.thePartsOfWhichItIsMade, written.thePartsOfWhichItIsMade)
    default: read == written
    }
  }
}
