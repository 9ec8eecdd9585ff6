// Nothing is left lying: no note of what is to be done, no code in a comment, no setting that drops a check.

import Testing

enum LeftoverRule {
  static func findings(in files: [SourceFile]) -> [Finding] {
    files.flatMap { file in comments(of: file) + settings(of: file) }
  }

  private static func comments(of file: SourceFile) -> [Finding] {
    var isExample = false
    return file.comments.compactMap { comment in
      let words = comment.words
      if words.hasPrefix("```") { isExample.toggle() }
      if let mark = marks.first(where: { words.contains($0) }) {
        return Finding(file.path, comment.line, "\(mark) in a comment; do it, or file an issue")
      }
      let isShown = isExample || comment.text.hasPrefix("///     ")
      let isCode = comment.standsAlone && !isShown && looksLikeCode(words)
      return isCode ? Finding(file.path, comment.line, "code in a comment; delete it: git keeps it") : nil
    }
  }

  // Split, so that the rule does not find itself.
  private static let marks = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]

  /// A brace at the end, a declaration with a value, or a line that is one statement.
  static func looksLikeCode(_ words: Substring) -> Bool {
    if words == "}" || words.hasSuffix(" {") || words.hasSuffix("})") { return true }
    let parts = words.split(separator: " ", maxSplits: 3)
    guard let first = parts.first else { return false }
    if first == "import" { return parts.count == 2 }
    if first == "let" || first == "var" {
      return parts.count > 2 && (parts[2] == "=" || parts[1].hasSuffix(":"))
    }
    if first == "func" { return words.contains("(") }
    return parts.count > 2 && parts[1] == "="
  }

  private static func settings(of file: SourceFile) -> [Finding] {
    file.tokens.enumerated().compactMap { index, token in
      if token.text == "@inlinable", file.path.hasPrefix("Sources/") {
        let text = "@inlinable, which ARCHITECTURE rules out; small public functions are inlined without it"
        return Finding(file.path, token.line, text)
      }
      let isUnchecked = token.kind == .text && token.text == "-O" + "unchecked"
      return isUnchecked
        ? Finding(file.path, token.line, "\(token.text) drops preconditions; leave it out") : nil
    }
  }
}

@Suite struct LeftoverTests {
  @Test func `no notes to do, no code in comments, no settings that drop checks`() {
    expectNone(LeftoverRule.findings(in: Repository.files))
  }

  @Test(arguments: [
    "// TO" + "DO: more", "// FIX" + "ME", "// if a == b {", "// }", "// let a = b", "// var a: Int = 3",
    "// a = b", "// import Foundation", "// func f() -> Int", "//   list.forEach({ print($0) })",
    "@inlinable package func f() {}", "let flags = [\"-O" + "unchecked\"]",
  ])
  func `a leftover is found`(line: String) {
    let findings = LeftoverRule.findings(in: [SourceFile("Sources/A.swift", "let a = 1\n\(line)\n")])
    #expect(findings.map(\.line) == [2])
  }

  @Test(arguments: [
    "// let it be", "/// ```swift\n/// let a = b\n/// ```", "///     let a = b", "// The end (poll(2)).",
    "// import order is free",
    "let a = b // a = c",
  ])
  func `prose and examples are none`(line: String) {
    #expect(LeftoverRule.findings(in: [SourceFile("Sources/A.swift", "\n\(line)\n")]).isEmpty)
  }
}
