// Every folder and every script is in a map, and the maps show nothing that is gone.

import Foundation
import Testing

enum MapRule {
  /// What stands in back-ticks in the rows of tables, with the row's line.
  static func entries(in text: String) -> [(name: String, line: Int)] {
    text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().flatMap { index, line in
      guard line.hasPrefix("|") else { return [(name: String, line: Int)]() }
      let parts = line.split(separator: "`", omittingEmptySubsequences: false)
      return parts.indices.filter { $0 % 2 == 1 }.map { (String(parts[$0].prefix { $0 != " " }), index + 1) }
    }
  }

  /// Folders and scripts are paths from the repository's root.
  static func findings(for places: [String], in documents: [String: String], exists: (String) -> Bool)
    -> [Finding]
  {
    let maps = documents.mapValues(entries)
    let shown = Set(maps.values.joined().map(\.name))
    let missing = places.filter { !isShown($0, shown) }.map {
      Finding(
        $0, 1, "in no table of \(documents.keys.sorted().joined(separator: " or ")); say there what is in it")
    }
    let gone = maps.sorted { $0.key < $1.key }.flatMap { document, entries in
      entries.filter { entry in
        roots.contains { entry.name.hasPrefix($0) } && !entry.name.contains("*") && !exists(entry.name)
      }
      .map { Finding(document, $0.line, "`\($0.name)` is not there; name what is") }
    }
    return missing + gone
  }

  private static let roots = ["Sources/", "scripts/", "Tests/", "Benchmarks/"]

  /// By its path, by its path below `Sources` or `scripts`, or below its target.
  private static func isShown(_ place: String, _ shown: Set<String>) -> Bool {
    let parts = place.split(separator: "/").map(String.init)
    let inner = parts.count > 3 ? 2 : 1
    return shown.contains(place) || shown.contains(parts[1...].joined(separator: "/"))
      || (parts.count > 3 && shown.contains(parts[inner...].joined(separator: "/")))
  }
}

@Suite struct MapTests {
  @Test func `every folder of Sources and every script is in a map`() {
    let files = Repository.paths(under: "Sources", [".swift", ".c", ".md"])
    let folders = Set(files.map { String($0[..<($0.lastIndex(of: "/") ?? $0.endIndex)]) })
    let scripts = Repository.paths(under: "scripts", [""]).filter { !$0.hasPrefix("scripts/lib/") }
    let documents = Repository.documents.filter { ["README.md", Repository.architecture].contains($0.key) }
    let places = (folders.filter { $0 != "Sources" } + scripts).sorted()
    #expect(scripts.count > 4 && folders.count > 30)
    expectNone(
      MapRule.findings(for: places, in: documents) {
        FileManager.default.fileExists(atPath: Repository.root.appending(path: $0).path)
      })
  }

  @Test func `a folder in no map and an entry for nothing are found`() {
    let text =
      "`Sources/B`\n\n| where | what |\n|---|---|\n| `Sources/A` and `C/D` | `E/F`, `scripts/x` |\n| `run` | |\n"
    let places = ["Sources/A", "Sources/B", "Sources/C/D", "Sources/C/E/F", "scripts/run"]
    let findings = MapRule.findings(for: places, in: ["R.md": text]) { places.contains($0) }
    #expect(findings.map { "\($0.path):\($0.line)" } == ["Sources/B:1", "R.md:5"])
  }
}
