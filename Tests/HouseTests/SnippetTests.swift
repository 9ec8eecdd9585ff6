// Code that documents show is compiled: it stands in the file that DocumentedCodeTests makes of it. What the
// compiler refuses is marked as refused, and RefusedCodeTests show that it does.

import Testing

enum SnippetRule {
  static func findings(in documents: [String: String], compiled: String) -> [Finding] {
    let compiled = "\n" + normal(compiled.split(separator: "\n")) + "\n"
    return documents.sorted { $0.key < $1.key }.flatMap { path, text in
      blocks(of: text).filter { !compiled.contains("\n" + normal($0.code) + "\n") }.map {
        Finding(
          path, $0.line, "this code is not compiled; see DocumentedCodeTests, which takes it from documents")
      }
    }
  }

  static func blocks(of text: String) -> [(code: [Substring], line: Int)] {
    var blocks: [(code: [Substring], line: Int)] = []
    var isInside = false
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let trimmed = line.drop { $0 == " " }
      if trimmed == "```swift" || trimmed == "```swift serves" {
        blocks.append(([], index + 1))
        isInside = true
      } else if trimmed.hasPrefix("```") {
        isInside = false
      } else if isInside {
        blocks[blocks.count - 1].code.append(line)
      }
    }
    return blocks
  }

  /// Without what making the file changes: indentation, imports, empty lines, what a test is called with.
  private static func normal(_ lines: [Substring]) -> String {
    lines.map { $0.drop { $0 == " " } }.filter { !$0.isEmpty && !$0.hasPrefix("import ") }
      .map { line in
        let code = line.hasPrefix("@Test func ") ? line.dropFirst("@Test ".count) : line
        return code.replacing("precondition(", with: "#expect(")
      }
      .joined(separator: "\n")
  }
}

@Suite struct SnippetTests {
  @Test func `the code that documents show is compiled`() {
    #expect(SnippetRule.blocks(of: Repository.text("README.md")).count > 1)
    expectNone(
      SnippetRule.findings(in: Repository.documents, compiled: Repository.text(Repository.generated)))
  }

  @Test func `code that is not compiled is found`() {
    let text = "Text.\n```swift\nimport A\n\nlet a = 1\n```\n```sh\nb\n```\n- so:\n  ```swift\n  c()\n  ```\n"
    let compiled = "import A\n\nfunc README1() {\n  let a = 1\n}\n"
    let findings = SnippetRule.findings(in: ["A.md": text], compiled: compiled)
    #expect(findings.map(\.line) == [11])
  }
}
