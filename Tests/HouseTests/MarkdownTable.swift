// A table in a document, which a rule compares with the sources.

struct MarkdownTable {
  struct Row {
    let cells: [Substring]
    let line: Int

    /// What stands in back-ticks in a cell.
    func names(_ column: Int) -> Set<String> {
      guard column < cells.count else { return [] }
      let parts = cells[column].split(separator: "`", omittingEmptySubsequences: false)
      return Set(parts.indices.filter { $0 % 2 == 1 }.map { String(parts[$0]) })
    }
  }

  private(set) var rows: [Row] = []

  /// The table with these columns in a document of the repository; nil if there is none.
  init?(_ columns: [String], in path: String) {
    self.init(columns, inText: Repository.text(path))
  }

  init?(_ columns: [String], inText text: String) {
    var isInside = false
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let cells = line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast()
        .map { cell in cell.drop { $0 == " " } }
      if cells.count == columns.count, zip(cells, columns).allSatisfy({ $0.hasPrefix($1) }) {
        isInside = true
      } else if isInside, cells.isEmpty {
        return
      } else if isInside, !cells[0].hasPrefix("-") {
        rows.append(Row(cells: cells, line: index + 1))
      }
    }
    if !isInside { return nil }
  }
}
