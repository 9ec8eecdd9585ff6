// Comparing lent bytes with text that we wrote ourselves.

extension Span where Element == UInt8 {
  /// Whether these are exactly the bytes of a literal.
  @inline(__always)
  package func equals(_ text: StaticString) -> Bool { equals(text.span) }

  /// Whether both hold the same bytes.
  package func equals(_ other: Span<UInt8>) -> Bool {
    guard count == other.count else { return false }
    var index = 0
    while index &+ 8 <= count {
      if word(at: index) != other.word(at: index) { return false }
      index &+= 8
    }
    if index == count { return true }
    // The last eight bytes overlap what was compared already.
    if count >= 8 { return word(at: count &- 8) == other.word(at: count &- 8) }
    while index < count {
      if self[index] != other[index] { return false }
      index &+= 1
    }
    return true
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
