// `unsafe` stands in the rooms that ARCHITECTURE names, below a word on why it holds.

import Testing

enum UnsafeRule {
  /// A word on safety covers what follows it in the same type, extension or function, this far; all
  /// of it if it stands above.
  static let reach = 60

  static func findings(in files: [SourceFile], rooms: [String: Int]) -> [Finding] {
    var unused = Set(rooms.keys)
    var findings: [Finding] = []
    for file in files {
      let uses = file.tokens.filter { $0.kind == .word && ($0.text == "unsafe" || $0.text == "@unsafe") }
      guard let first = uses.first else { continue }
      let path = String(file.path.dropFirst("Sources/".count))
      if let room = rooms.keys.filter({ path == $0 || path.hasPrefix("\($0)/") }).max(by: {
        $0.count < $1.count
      }) {
        unused.remove(room)
      } else {
        findings.append(
          Finding(
            file.path, first.line,
            "`unsafe` outside the rooms that \(Repository.architecture) names; do it in one of them"))
      }
      findings += unexplained(uses, in: file)
    }
    for room in unused.sorted() {
      let text = "`\(room)` has no `unsafe` any more; take it off the list"
      findings.append(Finding(Repository.architecture, rooms[room] ?? 0, text))
    }
    return findings
  }

  private static func unexplained(_ uses: [Token], in file: SourceFile) -> [Finding] {
    let words = file.comments.filter { $0.words.hasPrefix("Safety") }.map(\.line)
    let above = Set(words.filter { file.lines[$0 - 1].hasPrefix("//") })
    let declarations = file.topLevel
    var told: Set<Int> = []
    return uses.compactMap { use in
      let declaration = declarations.first { $0.lines.contains(use.line) }
      let start = declaration?.lines.lowerBound ?? 1
      let isExplained = words.contains {
        $0 >= start && $0 <= use.line && (use.line - $0 <= reach || above.contains($0))
      }
      // The first of a declaration tells enough.
      guard !isExplained, told.insert(start).inserted else { return nil }
      let text = "no `Safety:` in the \(reach) lines above this in the same declaration; say why it holds"
      return Finding(file.path, use.line, text)
    }
  }
}

@Suite struct UnsafeTests {
  @Test func `unsafe stands in its rooms, below a word on why it holds`() throws {
    let table = try #require(MarkdownTable(["room", "why"], in: Repository.architecture))
    let lines = table.rows.flatMap { row in row.names(0).map { ($0, row.line) } }
    let rooms = Dictionary(lines) { first, _ in first }
    expectNone(UnsafeRule.findings(in: Repository.sources, rooms: rooms))
  }

  @Test func `unsafe in another room, or without a word, is found`() {
    let explained = "/// Safety: one thread.\nstruct A {\n  func a() { unsafe b() }\n}\n"
    let files = [
      SourceFile("Sources/Ring/A.swift", explained + "extension A {\n  func c() { unsafe b() }\n}\n"),
      SourceFile("Sources/Wire/B.swift", explained),
      SourceFile("Sources/Wire/C.swift", "let text = \"unsafe\" // unsafe"),
    ]
    let findings = UnsafeRule.findings(in: files, rooms: ["Ring": 1, "Empty": 7])
    #expect(findings.map(\.line) == [6, 3, 7])
    #expect(
      findings.map(\.path) == ["Sources/Ring/A.swift", "Sources/Wire/B.swift", Repository.architecture])
  }
}
