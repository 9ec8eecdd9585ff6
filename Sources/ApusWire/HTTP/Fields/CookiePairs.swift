// CookiePairs: the pairs of a Cookie field. Lenient as RFC 6265 section 5.4 has clients send what they
// were given: a pair without a name is passed over, white space around a pair, and quotes around a
// value, are not part of it.

/// Walks a Cookie field without copying.
package struct CookiePairs: ~Escapable {
  private let field: Span<UInt8>
  private var cursor = 0

  @_lifetime(copy field)
  package init(_ field: Span<UInt8>) { self.field = field }

  /// The next pair, as ranges of the field.
  @_lifetime(self: copy self)
  package mutating func next() -> (name: Range<Int>, value: Range<Int>)? {
    while cursor < field.count {
      let start = cursor
      var separator: Int?
      while cursor < field.count, field[cursor] != ASCII.semicolon {
        if field[cursor] == ASCII.equals, separator == nil { separator = cursor }
        cursor += 1
      }
      let end = cursor
      cursor += 1
      guard let separator else { continue }
      let name = trimmed(start..<separator)
      if !name.isEmpty { return (name, unquoted(trimmed(separator + 1..<end))) }
    }
    return nil
  }

  private func trimmed(_ range: Range<Int>) -> Range<Int> {
    var first = range.lowerBound
    var last = range.upperBound
    while first < last, field[first].isBlank { first += 1 }
    while last > first, field[last - 1].isBlank { last -= 1 }
    return first..<last
  }

  private func unquoted(_ range: Range<Int>) -> Range<Int> {
    guard range.count >= 2, field[range.lowerBound] == ASCII.quote, field[range.upperBound - 1] == ASCII.quote
    else { return range }
    return range.lowerBound + 1..<range.upperBound - 1
  }
}
