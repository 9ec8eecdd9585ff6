// Comparing lent bytes with text that we wrote ourselves.

extension Span where Element == UInt8 {
  /// Whether these are exactly the bytes of a literal.
  @inline(__always)
  package func equals(_ text: StaticString) -> Bool { equals(text.span) }

  /// Whether both hold the same bytes.
  package func equals(_ other: Span<UInt8>) -> Bool { count == other.count && starts(with: other) }

  /// Whether the first bytes are those of `other`. Sixteen at a time; the last sixteen, or eight, overlap
  /// what was compared already.
  package func starts(with other: Span<UInt8>) -> Bool {
    let end = other.count
    guard count >= end else { return false }
    if end >= 16 {
      var (mine, others) = (self, other)
      while others.count > 16 {
        if mine.differsInTwoWords(from: others, at: 0) { return false }
        mine = mine.extracting(droppingFirst: 16)
        others = others.extracting(droppingFirst: 16)
      }
      return !differsInTwoWords(from: other, at: end &- 16)
    }
    if end >= 8 { return word(at: 0) == other.word(at: 0) && word(at: end &- 8) == other.word(at: end &- 8) }
    for index in other.indices where self[index] != other[index] { return false }
    return true
  }

  @inline(__always)
  private func differsInTwoWords(from other: Span<UInt8>, at start: Int) -> Bool {
    let first = word(at: start) ^ other.word(at: start)
    let second = word(at: start &+ 8) ^ other.word(at: start &+ 8)
    return first | second != 0
  }

  /// Whether these are the bytes of a literal in lower case, A to Z and a to z being the same.
  @inline(__always)
  func equalsIgnoringCase(_ text: StaticString) -> Bool { equalsIgnoringCase(text.span) }

  /// Whether these are the bytes of `wanted`, which is in lower case, A to Z and a to z being the same.
  package func equalsIgnoringCase(_ wanted: Span<UInt8>) -> Bool {
    guard count == wanted.count else { return false }
    for index in indices where self[index].lowercased != wanted[index] { return false }
    return true
  }

  /// Without the SP and HTAB at either end (RFC 9110 5.6.3).
  @_lifetime(copy self)
  package func trimmingBlanks() -> Span<UInt8> {
    var start = 0
    var end = count
    while start < end, self[start].isBlank { start &+= 1 }
    while end > start, self[end &- 1].isBlank { end &-= 1 }
    return extracting(start..<end)
  }
}
