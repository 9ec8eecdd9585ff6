// Which folder of a target uses which other one is in ARCHITECTURE's table. A folder uses another
// when it names a type that the other declares at its top level; what it calls on a value without
// naming its type is not seen.

import Testing

enum FolderRule {
  private static let kinds: Set = ["struct", "class", "enum", "protocol", "actor", "typealias"]

  /// `ApusEngine/Client` for what lies there or deeper, `ApusRing/.` for what lies in
  /// no folder of its target.
  static func folder(of file: SourceFile) -> String {
    let parts = file.folder.split(separator: "/")
    return "\(parts[0])/\(parts.count > 1 ? parts[1] : ".")"
  }

  static func target(of folder: String) -> String { String(folder.prefix { $0 != "/" }) }

  /// Only of targets that have folders.
  static func graph(of files: [SourceFile]) -> UseGraph {
    let divided = Set(files.map(folder).filter { !$0.hasSuffix("/.") }.map(target))
    var graph = UseGraph()
    for (target, files) in Dictionary(grouping: files, by: { target(of: folder(of: $0)) })
    where divided.contains(target) {
      let homes = homes(in: files)
      for file in files { add(file, to: &graph, homes) }
    }
    return graph
  }

  /// The folder of each type; of those with one name in several folders nobody can tell which is meant.
  private static func homes(in files: [SourceFile]) -> [String: String] {
    var homes: [String: Set<String>] = [:]
    for file in files {
      for type in file.topLevel where kinds.contains(type.keyword) && !type.isPrivate {
        homes[type.name, default: []].insert(folder(of: file))
      }
    }
    return homes.compactMapValues { $0.count == 1 ? $0.first : nil }
  }

  private static func add(_ file: SourceFile, to graph: inout UseGraph, _ homes: [String: String]) {
    let user = folder(of: file)
    let target = target(of: user)
    graph.add(user)
    for (index, token) in file.tokens.enumerated() where token.kind == .word {
      guard let home = homes[token.text], home != user else { continue }
      // A member of another type, or of this target by its name.
      if index > 1, file.tokens[index - 1].text == ".", file.tokens[index - 2].text != target { continue }
      graph.add(user, uses: home, Use(name: token.text, path: file.path, line: token.line))
    }
  }
}

@Suite struct FolderTests {
  private static let columns = ["folder", "what is in it", "uses", "uses against the order"]

  /// A row names what its folder uses without their target.
  private func findings(_ files: [SourceFile], _ table: MarkdownTable, _ document: String) -> [Finding] {
    let prefix = { (user: String) in "\(FolderRule.target(of: user))/" }
    let all = UseGraph(table, columns: [2, 3], in: document, prefix: prefix)
    let lasting = UseGraph(table, columns: [2], in: document, prefix: prefix)
    return FolderRule.graph(of: files).findings(table: all, lasting: lasting, in: document)
  }

  @Test func `folders use what ARCHITECTURE's table says, and no new circle of them`() throws {
    let table = try #require(MarkdownTable(Self.columns, in: Repository.architecture))
    expectNone(findings(Repository.sources, table, Repository.architecture))
  }

  private static let planted = [
    SourceFile("Sources/A/In/A.swift", "struct A { let b: B }\nprivate struct Q {}"),
    SourceFile(
      "Sources/A/On/Deep/B.swift", "enum B { case a(A), \"\\(C.self)\" }\nextension X { struct A {} }"),
    SourceFile("Sources/A/Up/C.swift", "/// Beside `A`.\ntypealias C = Y.A\nlet q = \"A\" + Q()"),
  ]

  @Test(arguments: [
    // A use that is not told, one that is gone, a circle, and a use that closes none.
    (
      "| `A/In` | a | `On` | |\n| `A/On` | b | `In` | |\n| `A/Up` | c | | `In` |",
      ["Sources/A/On/Deep/B.swift:1", "T.md:5", "T.md:3", "T.md:4", "T.md:5"]
    ),
    ("| `A/In` | a | `On` | |\n| `A/On` | b | `Up` | `In` |\n| `A/Up` | c | | |", []),
  ])
  func `a use that is not in the table and a circle are found`(rows: String, places: [String]) throws {
    let text = "| folder | what is in it | uses | uses against the order |\n|---|---|---|---|\n\(rows)\n"
    let table = try #require(MarkdownTable(Self.columns, inText: text))
    #expect(findings(Self.planted, table, "T.md").map { "\($0.path):\($0.line)" } == places)
  }
}
