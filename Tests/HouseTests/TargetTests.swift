// Which target imports what is in ARCHITECTURE's table, and leads back to nobody.

import Testing

enum TargetRule {
  /// `inner` are targets that lie in another's folder, by their path below `Sources`.
  static func graph(of files: [SourceFile], inner: Set<String>) -> UseGraph {
    var graph = UseGraph()
    for file in files {
      let outer = String(file.folder.prefix { $0 != "/" })
      let target = inner.filter { "\(file.folder)/".hasPrefix("\($0)/") }.max { $0.count < $1.count } ?? outer
      graph.add(target)
      for (index, token) in file.tokens.enumerated() where token.text == "import" && token.kind == .word {
        var next = index + 1
        while next + 1 < file.tokens.count,
          ["struct", "class", "enum", "func", "var"].contains(file.tokens[next].text)
        {
          next += 1
        }
        let module = file.tokens[next].text
        graph.add(target, uses: module, Use(name: "import \(module)", path: file.path, line: token.line))
      }
    }
    return graph
  }
}

@Suite struct TargetTests {
  private static let inner = Set(
    Repository.files.first { $0.path == "Package.swift" }?.tokens
      .filter { $0.kind == .text && $0.text.hasPrefix("Sources/") }.map {
        String($0.text.dropFirst("Sources/".count))
      }
      ?? [])

  private func findings(_ files: [SourceFile], _ table: MarkdownTable, _ document: String) -> [Finding] {
    let told = UseGraph(table, columns: [1], in: document)
    return TargetRule.graph(of: files, inner: Self.inner).findings(table: told, lasting: told, in: document)
  }

  @Test func `targets import what ARCHITECTURE's table says`() throws {
    let table = try #require(MarkdownTable(["target", "imports"], in: Repository.architecture))
    expectNone(findings(Repository.sources, table, Repository.architecture))
  }

  @Test func `an import that is not in the table, one that is gone and a circle are found`() throws {
    let files = [
      SourceFile("Sources/A/A.swift", "import B\npublic import struct Glibc.tm"),
      SourceFile("Sources/B/In/B.swift", "// import Glibc\n@_spi(X) import A"),
    ]
    let text = "| target | imports |\n|---|---|\n| `A` | `B`, `C` |\n| `B` | `A` |\n"
    let found = findings(files, try #require(MarkdownTable(["target", "imports"], inText: text)), "T.md")
    #expect(found.map { "\($0.path):\($0.line)" } == ["Sources/A/A.swift:2", "T.md:3", "T.md:3", "T.md:4"])
  }
}
