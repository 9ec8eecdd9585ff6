// Pattern: a route's path as the program wrote it, in segments. A malformed one says what is wrong with it,
// and the server does not start.

internal import ApusWire

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

  /// The pattern of a route that cannot be used for another reason than its pattern.
  init(_ text: String, fault: String) {
    self.text = text
    self.fault = fault
  }

  /// - Parameter prefix: of the groups around it, without a slash at its end. Both start with one: `/api` and
  ///   `users` would make `/apiusers`. In a group a pattern may be empty.
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
      fault = "continues after **"
    } else if part == "**" {
      segments.append(.rest)
    } else if part == "*" {
      segments.append(.wildcard)
    } else if part.hasPrefix("{"), part.hasSuffix("}") {
      let name = String(part.dropFirst().dropLast())
      if name.isEmpty || !name.allSatisfy(Self.isOfName) {
        fault = "has the capture \(part), whose name is to be letters, digits, _, - and ."
      } else if names.contains(name) {
        fault = "captures {\(name)} twice"
      }
      segments.append(.capture)
      names.append(name)
    } else {
      let (name, fault) = Self.literal(part)
      self.fault = fault
      segments.append(.literal(name))
    }
  }

  private static func isOfName(_ character: Character) -> Bool {
    character.isLetter || character.isNumber || "_-.".contains(character)
  }

  /// A segment as requests' paths have it, with its escapes undone; or the reason why no path has it, or why
  /// it is most likely a mistake.
  private static func literal(_ part: Substring) -> (name: String, fault: String?) {
    if part.hasPrefix(":") {
      return ("", "has the segment \(part): a capture is {\(part.dropFirst())}, and a colon in front is %3A")
    }
    if part.contains(where: { "?#".contains($0) }) {
      return ("", "is to be a path alone, without a query: a ? is %3F there, and a # is %23")
    }
    if part.contains(where: { "{}*".contains($0) }) { return ("", "has a malformed segment, \(part)") }
    return part.isEmpty ? ("", nil) : normalised(part)
  }

  private static func normalised(_ part: Substring) -> (name: String, fault: String?) {
    let raw = [UInt8](("/" + part).utf8)
    var fault: TargetError?
    let path = [UInt8](capacity: raw.count) { output in
      fault = TargetPath.normalise(raw.span, into: &output)
    }
    if fault == .aboveRoot || path.count == 1 {
      return ("", "has a dot segment, which no request's path has")
    }
    // Such as in `/100%`: a percent sign that begins no escape is itself.
    if fault == .malformedEscape { return (String(part), nil) }
    if let fault { return ("", "has the segment \(part): \(fault.explanation)") }
    guard let name = String(validating: path.dropFirst(), as: UTF8.self) else {
      return ("", "has the segment \(part), which is not UTF-8: a capture takes it")
    }
    return (name, nil)
  }
}
