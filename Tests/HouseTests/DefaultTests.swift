// A default is stated once. Two names that mean one thing and have one number are taken for one default that
// is stated twice, unless both are private; so is a number in the text of a command's option.

import Testing

enum DefaultRule {
  struct Default {
    let name: String
    let value: Int
    let path: String
    let line: Int
    /// Not a parameter.
    let isVariable: Bool
    let isPrivate: Bool
  }

  static func findings(in files: [SourceFile]) -> [Finding] {
    let named = files.flatMap(defaults).filter { !general.contains($0.name) }
    let groups = Dictionary(grouping: named) { "\(meaning(of: $0.name)) \($0.value)" }
    let twice = groups.values.filter { group in
      Set(group.map(\.path)).count > 1 && group.contains { !$0.isPrivate }
    }.flatMap { group in
      let first = group[0]
      return group.dropFirst().filter { $0.path != first.path }.map {
        let text =
          "`\($0.name)` states the default of `\(first.name)` (\(first.path):\(first.line)) again; refer to it"
        return Finding($0.path, $0.line, text)
      }
    }
    let told = files.flatMap { file in
      file.tokens.filter { $0.kind == .text && statesNumber($0.text) }.map {
        Finding(
          file.path, $0.line, "a text says `default: ` and a number; interpolate what the option begins with")
      }
    }
    return (twice + told).sorted { ($0.path, $0.line) < ($1.path, $1.line) }
  }

  private static func statesNumber(_ text: String) -> Bool {
    guard let range = text.firstRange(of: "default: ") else { return false }
    return text[range.upperBound...].first?.isNumber == true
  }

  /// `keepaliveTimeout` and `keepAlive` mean one thing; so do `idle` and `idleTicks`.
  static func meaning(of name: String) -> String {
    var name = name.lowercased()
    while let unit = units.first(where: { name.hasSuffix($0) && name.count > $0.count }) {
      name.removeLast(unit.count)
    }
    return name
  }

  /// Names that mean what stands around them.
  private static let general: Set = ["limit", "capacity", "count"]
  private static let units = ["ticks", "bytes", "byte", "timeout", "limit", "time", "seconds", "duration"]

  /// Properties and parameters that begin with a number or a duration in numbers, and properties that are
  /// one; not variables of functions.
  static func defaults(in file: SourceFile) -> [Default] {
    let tokens = file.tokens
    let found = tokens.indices.compactMap { index -> Default? in
      guard tokens[index].text == "=" || tokens[index].text == "{", tokens[index].kind == .symbol,
        let name = name(before: index, in: tokens),
        let value = value(after: index, in: tokens), value > 1
      else { return nil }
      let line = tokens[index].line
      let isPrivate = tokens[..<index].reversed().prefix { $0.line == line }.contains { $0.text == "private" }
      return Default(
        name: name.text, value: value, path: file.path, line: line, isVariable: name.isVariable,
        isPrivate: isPrivate)
    }
    let functions = found.isEmpty ? [] : file.functions
    return found.filter { found in
      !found.isVariable
        || !functions.contains { $0.lines.contains(found.line) && $0.lines.lowerBound < found.line }
    }
  }

  private static func name(before index: Int, in tokens: [Token]) -> (text: String, isVariable: Bool)? {
    let line = tokens[index].line
    let start = max(1, index - 6)
    let end = (start..<max(start, index)).last { tokens[$0].text == ":" && tokens[$0].line == line } ?? index
    guard end > 1, tokens[end - 1].kind == .word else { return nil }
    let isVariable = tokens[end - 2].text == "var" || tokens[end - 2].text == "let"
    return end < index || isVariable ? (tokens[end - 1].text, isVariable) : nil
  }

  /// Milliseconds of a duration; a number that is a whole of seconds in nanoseconds is one.
  private static func value(after index: Int, in tokens: [Token]) -> Int? {
    let line = tokens[index].line
    let rest = tokens[(index + 1)...].prefix { $0.line == line }.filter {
      ![".", "(", ")"].contains($0.text)
    }
    let words = rest.prefix { $0.kind == .word }
    guard
      words.allSatisfy({ ["Duration", "DurationArgument", "seconds", "milliseconds"].contains($0.text) }),
      words.count < rest.count, let number = number(rest[words.count].text)
    else { return nil }
    if words.last?.text == "seconds" { return number * 1000 }
    let shift = rest.dropFirst(words.count + 1)
    if shift.first?.text == "<<", let bits = shift.dropFirst().first.flatMap({ Self.number($0.text) }) {
      return number << bits
    }
    return number >= 1_000_000_000 && number % 1_000_000_000 == 0 ? number / 1_000_000 : number
  }

  private static func number(_ text: String) -> Int? { Int(text.filter { $0 != "_" }) }
}

@Suite struct DefaultTests {
  @Test func `no default is stated twice`() { expectNone(DefaultRule.findings(in: Repository.sources)) }

  @Test(arguments: [
    (
      "public var keepAlive: Duration = .seconds(75)", "var keepaliveTimeout = DurationArgument(.seconds(75))"
    ),
    ("var idleTicks: UInt64 = 15_000", "  init(idle: Duration = .milliseconds(15_000)) {}"),
    ("var sendBytes = 64 << 10", "static let sendByteLimit = 65_536"),
    ("var ownedBytes = 192 << 10", "private static var ownedBytes: Int { 192 << 10 }"),
    ("var timeout: UInt64 = 10_000_000_000", "var timeout = DurationArgument(.seconds(10))"),
    ("", "@Option(help: \"How long. (default: 75s)\") var a = b"),
  ])
  func `a default that is stated twice is found`(first: String, second: String) {
    let files = [SourceFile("Sources/A.swift", first), SourceFile("Sources/B.swift", second)]
    #expect(DefaultRule.findings(in: files).map(\.path) == ["Sources/B.swift"])
  }

  @Test(arguments: [
    ("var head: Duration = .seconds(15)", "var idle: Duration = .seconds(15)"),
    ("var count = 1", "var count = 1"),
    ("var idle: Duration = .seconds(15)", "var idle = policy.idle"),
    ("private let kept = 1024", "private let kept = 1024"), ("static let limit = 8", "let limit = 8"),
    ("func a() {\n  var capacity = 8\n}", "init() {\n  var capacity = 8\n}"),
  ])
  func `one number with two meanings is none`(first: String, second: String) {
    let files = [SourceFile("Sources/A.swift", first), SourceFile("Sources/B.swift", second)]
    #expect(DefaultRule.findings(in: files).isEmpty)
  }
}
