// Comments are no wider than code: the formatter breaks code, and leaves comments as they are.

import Testing

enum CommentWidthRule {
  static func findings(in files: [SourceFile], width: Int) -> [Finding] {
    files.flatMap { file in
      file.comments.filter { $0.standsAlone && isTooWide($0, file, width) }.map {
        let columns = file.lines[$0.line - 1].count
        return Finding(
          file.path, $0.line, "a comment of \(columns) columns, at most \(width); break the line")
      }
    }
  }

  /// An address cannot be broken.
  private static func isTooWide(_ comment: CommentLine, _ file: SourceFile, _ width: Int) -> Bool {
    let line = file.lines[comment.line - 1]
    return line.utf8.count > width && line.count > width && comment.words.contains(" ")
  }

  /// What the formatter breaks code at.
  static func lineLength(in settings: String) -> Int? {
    guard let key = settings.firstRange(of: "\"lineLength\"") else { return nil }
    return Int(settings[key.upperBound...].drop { !$0.isNumber }.prefix { $0.isNumber })
  }
}

@Suite struct CommentWidthTests {
  @Test func `comments are no wider than code`() throws {
    let width = try #require(CommentWidthRule.lineLength(in: Repository.text(".swift-format")))
    expectNone(CommentWidthRule.findings(in: Repository.files, width: width))
  }

  @Test func `a comment that is too wide is found, an address is left`() {
    let text = """
      // It is so wide.
      let text = "// no comment at all" // behind code, which the formatter breaks
      // https://example.org/a/page
      //  It is short
      /* Or in C, of
         two long lines. */
      """
    let findings = CommentWidthRule.findings(in: [SourceFile("A.swift", text)], width: 16)
    #expect(findings.map(\.line) == [1, 6])
    #expect(CommentWidthRule.lineLength(in: "{ \"version\": 1, \"lineLength\": 90 }") == 90)
  }
}
