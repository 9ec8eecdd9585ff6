// What a rule says of a place.

import Testing

/// A breach of a rule: where, what is wrong, what to do.
struct Finding: CustomStringConvertible, Equatable {
  let path: String
  let line: Int
  let text: String

  init(_ path: String, _ line: Int, _ text: String) {
    self.path = path
    self.line = line
    self.text = text
  }

  var description: String { "\(path):\(line): \(text)" }
}

/// Fails with all findings, one a line.
func expectNone(_ findings: [Finding], sourceLocation: SourceLocation = #_sourceLocation) {
  guard !findings.isEmpty else { return }
  let list = findings.map(\.description).joined(separator: "\n")
  Issue.record(Comment(rawValue: "\(findings.count) breaches:\n\(list)"), sourceLocation: sourceLocation)
}
