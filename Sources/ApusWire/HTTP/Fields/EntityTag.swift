// EntityTag: the validator of RFC 9110 8.8.3, and lists of them.

/// An entity tag by its parts.
package struct EntityTag: ~Escapable {
  /// With its quotes.
  let opaque: Span<UInt8>
  let isWeak: Bool

  @_lifetime(copy opaque)
  init(opaque: Span<UInt8>, isWeak: Bool) {
    self.opaque = opaque
    self.isWeak = isWeak
  }

  /// Reads one tag that takes up the whole text; nil if it is not one.
  @_lifetime(copy text)
  package init?(_ text: Span<UInt8>) {
    guard let (tag, isWeak) = Self.parts(of: text, from: 0), tag.upperBound == text.count else { return nil }
    opaque = text.extracting(tag)
    self.isWeak = isWeak
  }

  /// Where a tag that starts at `start` has its quotes, and whether `W/` stands before them;
  /// nil if none starts there.
  static func parts(of text: Span<UInt8>, from start: Int) -> (opaque: Range<Int>, isWeak: Bool)? {
    let isWeak = start + 1 < text.count && text[start] == 0x57 && text[start + 1] == ASCII.slash
    let quote = isWeak ? start + 2 : start
    guard quote < text.count, text[quote] == ASCII.quote else { return nil }
    var cursor = quote + 1
    while cursor < text.count, text[cursor] != ASCII.quote {
      let byte = text[cursor]
      // etagc: visible but for the quote, or obs-text. A backslash escapes nothing here.
      guard byte > ASCII.space, byte != ASCII.delete else { return nil }
      cursor += 1
    }
    return cursor < text.count ? (quote..<cursor + 1, isWeak) : nil
  }

  /// Strong comparison asks for two strong tags, weak comparison does not (RFC 9110 8.8.3.2).
  func matches(_ other: borrowing EntityTag, strongly: Bool) -> Bool {
    if strongly, isWeak || other.isWeak { return false }
    return opaque.equals(other.opaque)
  }
}

/// Whether a field value, a list of tags or `*`, names a representation.
package enum EntityTagList {
  /// `*` names any representation that exists, with a tag or without. What is no tag is
  /// skipped up to the next comma.
  package static func names(_ etag: Span<UInt8>, in value: Span<UInt8>, strongly: Bool) -> Bool {
    if value.count == 1, value[0] == ASCII.asterisk { return true }
    guard let wanted = EntityTag(etag) else { return false }
    var cursor = 0
    while cursor < value.count {
      if value[cursor].isBlank || value[cursor] == ASCII.comma {
        cursor += 1
      } else if let (tag, isWeak) = EntityTag.parts(of: value, from: cursor) {
        let member = EntityTag(opaque: value.extracting(tag), isWeak: isWeak)
        if wanted.matches(member, strongly: strongly) { return true }
        cursor = tag.upperBound
      } else {
        while cursor < value.count, value[cursor] != ASCII.comma { cursor += 1 }
      }
    }
    return false
  }
}
