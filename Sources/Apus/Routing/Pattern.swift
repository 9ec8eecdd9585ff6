// Pattern: a route's path as the program wrote it, in segments.

/// `/users/{id}/files/**`, parsed.
struct Pattern: Sendable {
  enum Segment: Sendable, Equatable {
    case literal(String)
    case capture
    case rest
  }

  let text: String
  let segments: [Segment]
  /// Names of the captures, in order.
  let names: [String]

  init(_ text: String) {
    precondition(text.hasPrefix("/"), "the pattern \(text) does not start with a slash")
    var segments: [Segment] = []
    var names: [String] = []
    for part in text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      precondition(segments.last != .rest, "the pattern \(text) goes on after **")
      if part == "**" {
        segments.append(.rest)
      } else if part.hasPrefix("{"), part.hasSuffix("}") {
        let name = String(part.dropFirst().dropLast())
        precondition(
          !name.isEmpty && !names.contains(name), "the pattern \(text) needs distinct capture names")
        segments.append(.capture)
        names.append(name)
      } else {
        precondition(
          !part.contains(where: { "{}*".contains($0) }), "the segment \(part) of \(text) is malformed")
        segments.append(.literal(String(part)))
      }
    }
    precondition(names.count <= 8, "the pattern \(text) has more than 8 captures")
    self.text = text
    self.segments = segments
    self.names = names
  }
}
