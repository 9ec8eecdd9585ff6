// Who uses whom, as the sources say it and as a table of a document says it.

/// Where something is used for the first time.
struct Use: Sendable {
  let name: String
  let path: String
  let line: Int
}

/// For each user what it uses, and where.
struct UseGraph {
  private(set) var uses: [String: [String: Use]] = [:]

  mutating func add(_ user: String) { uses[user, default: [:]] = uses[user, default: [:]] }

  mutating func add(_ user: String, uses used: String, _ use: Use) {
    if uses[user, default: [:]][used] == nil { uses[user, default: [:]][used] = use }
  }

  func reaches(_ from: String, _ to: String) -> Bool {
    var seen: Set<String> = []
    var open = Set(uses[from, default: [:]].keys)
    while let next = open.popFirst() {
      if next == to { return true }
      if seen.insert(next).inserted { open.formUnion(uses[next, default: [:]].keys) }
    }
    return false
  }

  /// What the sources do and a table does not say, the other way round, and circles in what is to last.
  func findings(table: UseGraph, lasting: UseGraph, in document: String) -> [Finding] {
    untold(by: table, in: document) + table.outdated(by: self, in: document)
      + lasting.circles(in: document) + table.harmless(beside: lasting, in: document)
  }

  /// In a fixed order.
  private var all: [(user: String, used: String, use: Use)] {
    uses.sorted { $0.key < $1.key }.flatMap { user, used in
      used.sorted { $0.key < $1.key }.map { (user, $0.key, $0.value) }
    }
  }

  private func untold(by table: UseGraph, in document: String) -> [Finding] {
    let rows = uses.keys.sorted().filter { table.uses[$0] == nil }.map { user in
      let list = uses[user, default: [:]].keys.sorted().map { "`\($0)`" }.joined(separator: ", ")
      return Finding(
        document, 1, "no row for `\(user)`, which uses \(list.isEmpty ? "nothing" : list); add it")
    }
    let told = all.filter { table.uses[$0.user] != nil && table.uses[$0.user]?[$0.used] == nil }
    return rows
      + told.map {
        let text =
          "`\($0.user)` uses `\($0.used)` (\($0.use.name)), which \(document) does not say; do without, or say it"
        return Finding($0.use.path, $0.use.line, text)
      }
  }

  private func outdated(by sources: UseGraph, in document: String) -> [Finding] {
    uses.keys.sorted().filter { sources.uses[$0] == nil }.map {
      Finding(document, 1, "`\($0)` is not there any more; take its row out")
    }
      + all.filter { sources.uses[$0.user] != nil && sources.uses[$0.user]?[$0.used] == nil }.map {
        Finding(
          document, $0.use.line, "`\($0.user)` does not use `\($0.used)` any more; take it out of the row")
      }
  }

  private func circles(in document: String) -> [Finding] {
    all.filter { reaches($0.used, $0.user) || $0.used == $0.user }.map {
      let text = "`\($0.user)` uses `\($0.used)`, which uses it; move what is shared below both"
      return Finding(document, $0.use.line, text)
    }
  }

  /// What is to be removed for closing a circle, and closes none.
  private func harmless(beside lasting: UseGraph, in document: String) -> [Finding] {
    all.filter { lasting.uses[$0.user]?[$0.used] == nil && !reaches($0.used, $0.user) }.map {
      let text =
        "that `\($0.user)` uses `\($0.used)` closes no circle any more; move it to the column of what stays"
      return Finding(document, $0.use.line, text)
    }
  }

  init() {}

  /// The users in a table's first column and what they use in some others, each with
  /// `prefix` of its user in front.
  init(_ table: MarkdownTable, columns: [Int], in document: String, prefix: (String) -> String = { _ in "" })
  {
    for row in table.rows {
      for user in row.names(0) {
        add(user)
        for used in columns.flatMap({ row.names($0) }) {
          add(user, uses: prefix(user) + used, Use(name: used, path: document, line: row.line))
        }
      }
    }
  }
}
