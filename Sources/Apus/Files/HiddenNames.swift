// HiddenNames: which paths are not for visitors, whatever stands under them.

import ApusWire

enum HiddenNames {
  private static let wellKnown = ".well-known"

  /// Whether a segment of `path`, relative and normalised, begins with a dot. `.well-known` at the top does
  /// not count (RFC 8615). A NUL, which no file name holds, hides the path too.
  static func hide(_ path: Span<UInt8>) -> Bool {
    var start = 0
    for index in 0...path.count {
      if index < path.count {
        if path[index] == 0 { return true }
        if path[index] != UInt8(ascii: "/") { continue }
      }
      if index > start, path[start] == UInt8(ascii: ".") {
        let isWellKnown = start == 0 && path.extracting(start..<index).equals(wellKnown.utf8.span)
        if !isWellKnown { return true }
      }
      start = index + 1
    }
    return false
  }
}
