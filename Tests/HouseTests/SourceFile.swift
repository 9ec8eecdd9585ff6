// What the rules read: a file of the repository, taken apart once.

/// A file of Swift or C. Words in comments and in strings are no code, so no rule takes one for the other.
struct SourceFile: Sendable {
  /// From the repository's root.
  let path: String
  let lines: [Substring]
  let tokens: [Token]
  let comments: [CommentLine]

  init(_ path: String, _ text: String) {
    self.path = path
    lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    var lexer = Lexer(text)
    lexer.run()
    tokens = lexer.tokens
    comments = lexer.comments
  }

  /// The folders above the file, below `Sources`, as in `ApusEngine/Client/Table`.
  var folder: String { path.split(separator: "/").dropFirst().dropLast().joined(separator: "/") }
}

/// A piece of code with a meaning of its own.
struct Token: Sendable {
  enum Kind: Sendable { case word, number, text, symbol }

  let kind: Kind
  /// Of a string literal what lies between its quotes, without the interpolated code,
  /// whose tokens come before it.
  let text: String
  /// From 1.
  let line: Int
}

/// One line of a comment.
struct CommentLine: Sendable {
  let text: String
  let line: Int
  /// Nothing but the comment stands on its line.
  let standsAlone: Bool

  /// What is said, without slashes and the space behind them.
  var words: Substring {
    text.drop { $0 == "/" || $0 == "*" || $0 == " " }
  }
}
