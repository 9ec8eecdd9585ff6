// DateReader: takes the parts of a date off the front of a text.

struct DateReader: ~Escapable {
  private let text: Span<UInt8>
  private var cursor = 0

  @_lifetime(copy text)
  init(_ text: Span<UInt8>) { self.text = text }

  var isAtEnd: Bool { cursor == text.count }

  /// Takes `literal` if it comes next.
  @_lifetime(self: copy self)
  mutating func take(_ literal: StaticString) -> Bool {
    let wanted = literal.span
    guard text.count - cursor >= wanted.count,
      text.extracting(cursor..<cursor + wanted.count).equals(wanted)
    else { return false }
    cursor += wanted.count
    return true
  }

  /// Takes a number of exactly so many digits.
  @_lifetime(self: copy self)
  mutating func takeNumber(digits: Int) -> Int? {
    guard text.count - cursor >= digits else { return nil }
    var number = 0
    for index in cursor..<cursor + digits {
      guard text[index].isDigit else { return nil }
      number = number * 10 + Int(text[index] & 0x0F)
    }
    cursor += digits
    return number
  }

  /// Takes one of a list of three-letter names; case matters (RFC 9110 5.6.7). Its index in the list.
  @_lifetime(self: copy self)
  mutating func takeName(of names: StaticString) -> Int? {
    guard text.count - cursor >= 3 else { return nil }
    let name = text.extracting(cursor..<cursor + 3)
    let list = names.span
    for start in stride(from: 0, to: list.count, by: 3) where list.extracting(start..<start + 3).equals(name)
    {
      cursor += 3
      return start / 3
    }
    return nil
  }

  /// Takes what a full day name has behind its first three letters.
  @_lifetime(self: copy self)
  mutating func takeRestOfWeekday() -> Bool {
    // Sunday, Monday, Friday; then those that are longer.
    let first = text[cursor - 3]
    let second = text[cursor - 2]
    switch (first, second) {
    case (0x54, 0x75): return take("sday")  // Tu-e-sday
    case (0x57, _): return take("nesday")
    case (0x54, _): return take("rsday")
    case (0x53, 0x61): return take("urday")
    default: return take("day")
    }
  }

  /// Takes `08:49:37`, in seconds; 60 is allowed for a leap second.
  @_lifetime(self: copy self)
  mutating func takeTimeOfDay() -> Int? {
    guard let hour = takeNumber(digits: 2), hour < 24, take(":"),
      let minute = takeNumber(digits: 2), minute < 60, take(":"),
      let second = takeNumber(digits: 2), second <= 60
    else { return nil }
    return hour * 3600 + minute * 60 + second
  }
}
