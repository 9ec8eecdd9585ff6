// What a user may name says what it is.

import Testing

enum DocstringRule {
  private static let documentedKinds: Set = [
    "struct", "class", "enum", "protocol", "actor", "func", "var", "let", "init", "subscript", "typealias",
  ]

  static func findings(in files: [SourceFile]) -> [Finding] {
    files.flatMap { file in
      let documented = Set(file.comments.filter { $0.text.hasPrefix("///") }.map(\.line))
      return file.tokens.indices.filter { isPublicDeclaration(at: $0, in: file) }.map { file.tokens[$0].line }
        .filter { !isDocumented($0, in: file, documented) }.map {
          let code = file.lines[$0 - 1].drop { $0 == " " }
          return Finding(file.path, $0, "no `///` line above `\(code)`; say what it is")
        }
    }
  }

  /// No import, no extension, no setter.
  private static func isPublicDeclaration(at index: Int, in file: SourceFile) -> Bool {
    let tokens = file.tokens[index...].prefix(9)
    guard tokens[index].text == "public", tokens[index].kind == .word, tokens.dropFirst().first?.text != "("
    else { return false }
    let kind = tokens.first {
      documentedKinds.contains($0.text) || ["extension", "import"].contains($0.text)
    }
    return kind.map { documentedKinds.contains($0.text) } ?? false
  }

  /// Attributes and other comments may stand between.
  private static func isDocumented(_ line: Int, in file: SourceFile, _ documented: Set<Int>) -> Bool {
    var line = line - 1
    while line > 0, !documented.contains(line) {
      let text = file.lines[line - 1].drop { $0 == " " }
      guard ["@", "#if", "//"].contains(where: { text.hasPrefix($0) }) else { return false }
      line -= 1
    }
    return line > 0
  }
}

@Suite struct DocstringTests {
  @Test func `every public declaration says what it is`() {
    expectNone(DocstringRule.findings(in: Repository.sources))
  }

  @Test func `a public declaration without a word is found`() {
    let text = """
      public import Other
      /// A thing.
      @frozen
      public struct A {
        public private(set) var a = 1
        // No documentation.
        public init() {}
        /// What it does.
        @discardableResult
        public func b() {}
        package func c() {}
      }
      public extension A {}
      """
    let findings = DocstringRule.findings(in: [SourceFile("Sources/A.swift", text)])
    #expect(findings.map(\.line) == [5, 7])
  }
}
