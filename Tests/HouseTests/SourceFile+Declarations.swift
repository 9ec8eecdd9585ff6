// What a file declares: its functions with their lines, and what stands at its top level.

/// Something that is declared, with the lines that it takes.
struct Declaration: Sendable {
  let keyword: String
  let name: String
  /// From its keyword to the end of its body; of what stands at the top level, from the comment above it.
  let lines: ClosedRange<Int>
  let isPrivate: Bool
}

extension SourceFile {
  /// Functions, initialisers, subscripts and computed properties that have a body.
  var functions: [Declaration] {
    tokens.indices.compactMap { index in
      let token = tokens[index]
      guard token.kind == .word, Self.functionKeywords.contains(token.text) else { return nil }
      // A call, as in `self.init(`.
      if index > 0, tokens[index - 1].text == "." { return nil }
      guard let open = bodyStart(after: index) else { return nil }
      let name = token.text == "func" || token.text == "var" ? tokens[index + 1].text : token.text
      let lines = token.line...tokens[end(ofBracketAt: open)].line
      return Declaration(keyword: token.text, name: name, lines: lines, isPrivate: false)
    }
  }

  /// Types, extensions and functions outside any other.
  var topLevel: [Declaration] {
    var found: [Declaration] = []
    var index = 0
    while index < tokens.count {
      let token = tokens[index]
      if token.kind == .symbol, Self.opening.contains(token.text) {
        index = end(ofBracketAt: index)
      } else if token.kind == .word, Self.topLevelKeywords.contains(token.text), index + 1 < tokens.count,
        tokens[index + 1].kind == .word
      {
        let open = token.text == "typealias" ? nil : bodyStart(after: index)
        let name = tokens[index + 1].text
        let isPrivate = isPrivate(at: index)
        index = open.map { end(ofBracketAt: $0) } ?? index
        let lines = start(of: token.line)...tokens[index].line
        found.append(Declaration(keyword: token.text, name: name, lines: lines, isPrivate: isPrivate))
      }
      index += 1
    }
    return found
  }

  private static let functionKeywords: Set = ["func", "init", "deinit", "subscript", "var"]
  private static let topLevelKeywords: Set = [
    "struct", "class", "enum", "protocol", "actor", "extension", "typealias", "func",
  ]
  private static let opening: Set = ["{", "(", "["]
  private static let closing: Set = ["}", ")", "]"]
  /// What can only begin the next declaration or statement.
  private static let bodiless: Set = [
    "func", "var", "let", "init", "subscript", "static", "mutating", "case", "associatedtype", "typealias",
    "if", "guard", "return", "for", "while", "switch", "=", "}",
  ]

  /// Where the body of the declaration whose keyword stands at `index` opens; nil if it has none.
  private func bodyStart(after index: Int) -> Int? {
    var index = index
    let keyword = tokens[index]
    while index + 1 < tokens.count {
      index += 1
      let token = tokens[index]
      if token.kind == .text || token.kind == .number { continue }
      if token.text == "{" { return index }
      if token.text == "(" || token.text == "[" {
        index = end(ofBracketAt: index)
      } else if Self.bodiless.contains(token.text) && tokens[index - 1].text != "."
        && !(keyword.text == "func" && tokens[index - 1].text == "func")
      {
        return nil
      } else if keyword.text == "var", token.line != keyword.line {
        return nil
      }
    }
    return nil
  }

  private func end(ofBracketAt open: Int) -> Int {
    var depth = 0
    for index in open..<tokens.count where tokens[index].kind == .symbol {
      if Self.opening.contains(tokens[index].text) { depth += 1 }
      if Self.closing.contains(tokens[index].text) { depth -= 1 }
      if depth == 0 { return index }
    }
    return tokens.count - 1
  }

  /// The first of the comments and attributes above a line.
  private func start(of line: Int) -> Int {
    var start = line
    while start > 1, lines[start - 2].hasPrefix("//") || lines[start - 2].hasPrefix("@") { start -= 1 }
    return start
  }

  private func isPrivate(at index: Int) -> Bool {
    let line = tokens[index].line
    return tokens[..<index].reversed().prefix { $0.line == line }
      .contains { $0.text == "private" || $0.text == "fileprivate" }
  }
}
