// Pattern: a route's path as the program wrote it, in segments. A malformed one says what is wrong with it, and the
// server does not start.

/// `/users/{id}/files/**`, parsed.
struct Pattern: Sendable {
  enum Segment: Sendable, Hashable {
    case literal(String)
    case capture
    case wildcard
    case rest
  }

  let text: String
  private(set) var segments: [Segment] = []
  /// Names of the captures, in order.
  private(set) var names: [String] = []
  /// Why this is no pattern; nil for a good one.
  private(set) var fault: String?

  /// Captures that a request has room for.
  static let captureLimit = 8

  /// Of a route that cannot be, for a reason that is not its pattern's.
  init(_ text: String, fault: String) {
    self.text = text
    self.fault = fault
  }

  /// - Parameter prefix: of the groups around it, without a slash at its end. Both start with one: `/api` and `users` would
  ///   make `/apiusers`. In a group a pattern may be empty.
  init(_ own: String, within prefix: String = "") {
    text = prefix + own
    guard text.hasPrefix("/"), own.isEmpty || own.hasPrefix("/") else {
      fault = "does not start with a slash"
      return
    }
    let parts = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    for part in parts {
      guard fault == nil else { return }
      add(part)
    }
    // Requests' paths have none either: doubled slashes are taken for one.
    if fault == nil, parts.dropLast().contains("") { fault = "has an empty segment" }
    if names.count > Self.captureLimit { fault = "has more than \(Self.captureLimit) captures" }
  }

  /// Where `**` begins in every path that matches; nil without one, or where captures stand before it.
  var restOffset: Int? {
    guard segments.last == .rest else { return nil }
    var offset = 1
    for segment in segments.dropLast() {
      guard case .literal(let text) = segment else { return nil }
      offset += text.utf8.count + 1
    }
    return offset
  }

  private mutating func add(_ part: Substring) {
    if segments.last == .rest {
      fault = "goes on after **"
    } else if part == "**" {
      segments.append(.rest)
    } else if part == "*" {
      segments.append(.wildcard)
    } else if part.hasPrefix("{"), part.hasSuffix("}") {
      let name = String(part.dropFirst().dropLast())
      if name.isEmpty || name.contains(where: { "{}".contains($0) }) {
        fault = "has a capture without a proper name"
      } else if names.contains(name) {
        fault = "captures {\(name)} twice"
      }
      segments.append(.capture)
      names.append(name)
    } else {
      if part.contains(where: { "{}*".contains($0) }) { fault = "has a malformed segment, \(part)" }
      segments.append(.literal(String(part)))
    }
  }
}
