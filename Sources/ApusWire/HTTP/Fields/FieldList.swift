// FieldList: the members of a comma-separated field value, `#element` of RFC 9110 5.6.1.

/// Walks a list, skipping empty members and the white space around each.
///
///     var list = FieldList(value)
///     while let member = list.next() { use(value.extracting(member)) }
package struct FieldList: ~Escapable {
  private let value: Span<UInt8>
  private let allowsQuotes: Bool
  private var cursor = 0

  /// A list whose members may hold quoted strings, in which commas do not separate.
  @_lifetime(copy value)
  package init(_ value: Span<UInt8>) {
    self.value = value
    allowsQuotes = true
  }

  /// A list of tokens: every comma separates, so that a stray quote cannot hide a member.
  @_lifetime(copy value)
  package init(tokens value: Span<UInt8>) {
    self.value = value
    allowsQuotes = false
  }

  /// The next member that is not empty, as a range of the value.
  @_lifetime(self: copy self)
  package mutating func next() -> Range<Int>? {
    while cursor < value.count {
      let start = cursor
      skipMember()
      let end = cursor
      cursor += 1  // the comma
      var first = start
      var last = end
      while first < last, value[first].isBlank { first += 1 }
      while last > first, value[last - 1].isBlank { last -= 1 }
      if first < last { return first..<last }
    }
    return nil
  }

  /// To the comma behind this member, or to the end. A quote that is never closed takes the rest.
  @_lifetime(self: copy self)
  private mutating func skipMember() {
    var isQuoted = false
    while cursor < value.count {
      let byte = value[cursor]
      if byte == ASCII.quote, allowsQuotes {
        isQuoted.toggle()
      } else if isQuoted, byte == ASCII.backslash {
        cursor += 1
      } else if !isQuoted, byte == ASCII.comma {
        return
      }
      cursor += 1
    }
    cursor = value.count
  }
}
