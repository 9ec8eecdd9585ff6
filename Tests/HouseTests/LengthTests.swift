// A file is read in one sitting, a function on one screen.

import Testing

enum LengthRule {
  static let fileLines = 350
  static let functionLines = 60

  static func findings(in files: [SourceFile]) -> [Finding] {
    files.flatMap { file in
      let count = file.lines.last == "" ? file.lines.count - 1 : file.lines.count
      let tooLong =
        count > fileLines
        ? [Finding(file.path, count, "\(count) lines, at most \(fileLines); give one of its topics a file")]
        : []
      return tooLong + functions(of: file)
    }
  }

  private static func functions(of file: SourceFile) -> [Finding] {
    file.functions.filter { $0.lines.count > functionLines }.map {
      Finding(
        file.path, $0.lines.lowerBound,
        "\($0.name) has \($0.lines.count) lines, at most \(functionLines); name its parts as functions")
    }
  }
}

@Suite struct LengthTests {
  @Test func `files and functions are short`() { expectNone(LengthRule.findings(in: Repository.files)) }

  @Test func `a long file and a long function are found`() {
    let body = String(repeating: "    work()\n", count: 59)
    let short = "struct A {\n  func a() {\n\(body.dropLast(11))  }\n"
    let long = "  var b: Int {\n\(body)  }\n  init() {\n\(body)  }\n}\n"
    let rest = String(repeating: "\n", count: 400)
    let findings = LengthRule.findings(in: [SourceFile("A.swift", short + long + rest)])
    #expect(findings.map(\.line) == [584, 62, 123])
    #expect(LengthRule.findings(in: [SourceFile("A.swift", short + "}\n")]).isEmpty)
  }
}
