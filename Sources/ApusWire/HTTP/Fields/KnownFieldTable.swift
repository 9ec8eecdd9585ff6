// KnownFieldTable: from the start of a field line to the bit of its name, without a string and without a look
// at single bytes. Every parser has one; the parser asks it first for each line.

/// A hash table of the known names.
///
/// A name that is found needs no check of its grammar any more, which is what makes this the fast way through
/// a head: a search for the colon and at most three comparisons of eight bytes.
struct KnownFieldTable: Sendable {
  /// A name in three words, in lower case, padded with zeros.
  private struct Entry {
    var words: (UInt64, UInt64, UInt64) = (0, 0, 0)
    /// Length of the name, 0 for a free slot.
    var count: UInt32 = 0
    var field: KnownFields = []
  }

  private static let slotCount = 128

  /// In an array: an InlineArray is copied, all four kilobytes, when a part of it is read through a borrow.
  private var entries = [Entry](repeating: Entry(), count: slotCount)

  init(_ names: [(String, KnownFields)] = KnownFields.names) {
    for (name, field) in names {
      let text = Array(name.utf8)
      precondition((1...24).contains(text.count), "\(name) does not fit an entry")
      func word(_ start: Int) -> UInt64 {
        start >= text.count ? 0 : text.span.word(at: start, to: min(text.count, start + 8))
      }
      var entry = Entry()
      entry.words = (word(0), word(8), word(16))
      entry.count = UInt32(text.count)
      entry.field = field
      var slot = Self.slot(entry.words.0, count: text.count)
      while entries[slot].count != 0 { slot = (slot + 1) % Self.slotCount }
      entries[slot] = entry
    }
  }

  /// Multiplicative hashing: the high bits of the product depend on every byte of the word.
  @inline(__always)
  private static func slot(_ word: UInt64, count: Int) -> Int {
    Int(truncatingIfNeeded: ((word &+ UInt64(truncatingIfNeeded: count)) &* 0x9E37_79B9_7F4A_7C15) >> 57)
  }

  /// The known name that starts at `start` and ends in a colon before `end`, and where it ends.
  ///
  /// nil says nothing about the line: it may have another name, or none, or be cut.
  @inline(__always)
  func match(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> (field: KnownFields, end: Int)? {
    var rest = bytes.extracting(start..<end)
    let first = rest.firstWord
    var colon = Word.matches(of: ASCII.colon, in: first)
    if colon != 0 { return find(first, 0, 0, count: Word.bytes(before: colon), from: start) }
    rest = rest.extracting(droppingFirst: 8)
    let second = rest.firstWord
    colon = Word.matches(of: ASCII.colon, in: second)
    if colon != 0 { return find(first, second, 0, count: 8 &+ Word.bytes(before: colon), from: start) }
    rest = rest.extracting(droppingFirst: 8)
    let third = rest.firstWord
    colon = Word.matches(of: ASCII.colon, in: third)
    if colon != 0 { return find(first, second, third, count: 16 &+ Word.bytes(before: colon), from: start) }
    return nil
  }

  /// Looks up a name that is `count` bytes of the three words.
  ///
  /// Setting bit 5 folds case: of all bytes, only A to Z become a to z. But CR becomes `-`, so a match counts
  /// only if there was no control byte.
  @inline(__always)
  private func find(
    _ first: UInt64, _ second: UInt64, _ third: UInt64, count: Int, from start: Int
  ) -> (field: KnownFields, end: Int)? {
    let masks = (
      Word.mask(min(count, 8)), Word.mask(min(max(count &- 8, 0), 8)), Word.mask(max(count &- 16, 0))
    )
    let words = (
      (first | Word.caseBits) & masks.0, (second | Word.caseBits) & masks.1, (third | Word.caseBits) & masks.2
    )
    var slot = Self.slot(words.0, count: count)
    while entries[slot].count != 0 {
      if entries[slot].words == words, Int(entries[slot].count) == count {
        let controls =
          Word.controls(in: first | ~masks.0) | Word.controls(in: second | ~masks.1)
          | Word.controls(in: third | ~masks.2)
        return controls == 0 ? (entries[slot].field, start &+ count) : nil
      }
      slot = (slot &+ 1) & (Self.slotCount - 1)
    }
    return nil
  }
}
