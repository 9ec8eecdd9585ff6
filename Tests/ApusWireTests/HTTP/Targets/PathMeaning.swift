// PathMeaning: what a path means, by a reading that is slow and plain.

import ApusTesting

enum PathMeaning {
  /// An encoded slash is a character of its own; its low byte is the slash.
  static let encodedSlash: UInt16 = 0x12F

  static func randomPath(_ generator: inout SeededGenerator) -> String {
    let parts = [
      "/", "/", ".", "..", "a", "bc", "%41", "%2e", "%C3%A9", "-", "x.y", "%20", "%2F", "%2f", "%25", "%25",
      "2F", "25", "2", "5", "F", "f", "%32", "%35", "%46", "%66", "%5c", "%E9", "%c0%ae",
    ]
    var path = "/"
    for _ in 0..<Int.random(in: 0...9, using: &generator) { path += parts.randomElement(using: &generator)! }
    return path
  }

  /// The segments of a path, decoded; the last is empty behind a slash. nil if the path has no name.
  static func of(_ path: String) -> [[UInt16]]? {
    var segments: [[UInt16]] = []
    let parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    for (number, part) in parts.enumerated() {
      guard let segment = decoded(part) else { return nil }
      let isLast = number == parts.count - 1
      switch String(decoding: segment, as: UTF16.self) {
      case "", ".": if isLast { segments.append([]) }
      case "..":
        if segments.isEmpty { return nil }
        segments.removeLast()
        if isLast { segments.append([]) }
      default:
        if hidesDots(segment) { return nil }
        segments.append(segment)
      }
    }
    return segments
  }

  private static func decoded(_ part: Substring) -> [UInt16]? {
    var text = Array(part.utf8)[...]
    var segment: [UInt16] = []
    while let first = text.popFirst() {
      if first == UInt8(ascii: "%") {
        guard text.count > 1, let code = UInt16(String(decoding: text.prefix(2), as: UTF8.self), radix: 16)
        else { return nil }
        text = text.dropFirst(2)
        segment.append(code == 0x2F ? encodedSlash : code)
      } else {
        segment.append(UInt16(first))
      }
    }
    return segment
  }

  private static func hidesDots(_ segment: [UInt16]) -> Bool {
    var text = String(decoding: segment, as: UTF16.self)
    text = text.replacing("\u{C0}\u{AE}", with: ".").replacing("\u{12F}", with: "\\")
    return text.split(separator: "\\", omittingEmptySubsequences: false).contains { $0 == "." || $0 == ".." }
  }
}
