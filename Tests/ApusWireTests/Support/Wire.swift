// Text to bytes and back, and lent bytes in places where a test wants a value.

import ApusWire

/// One byte per character, U+0000 to U+00FF, so that a test can write any byte as `\u{FF}`.
func wire(_ text: String) -> [UInt8] {
  text.unicodeScalars.map { UInt8($0.value) }
}

/// The inverse of `wire`.
func text(_ bytes: some Sequence<UInt8>) -> String {
  String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
}

extension Span where Element == UInt8 {
  /// The bytes as a test's text.
  var copied: String {
    var bytes: [UInt8] = []
    for index in indices { bytes.append(self[index]) }
    return text(bytes)
  }
}

/// What `body` writes, at most `capacity` bytes.
func written(_ capacity: Int, _ body: (inout OutputSpan<UInt8>) -> Void) -> String {
  text([UInt8](capacity: capacity) { (output: inout OutputSpan<UInt8>) in body(&output) })
}
