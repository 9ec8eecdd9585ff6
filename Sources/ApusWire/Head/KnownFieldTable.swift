// KnownFieldTable: from a field's name to its bit, without a string and without an allocation. Built once from
// `KnownFields.names`; the parser asks it once per field line.

/// An open-addressing hash table of the known names. The hash takes the length, the first byte and the last one, so
/// most unknown names are told apart before any comparison.
struct KnownFieldTable: ~Copyable, Sendable {
  /// A name in lower case, padded with zeros. The longest known one has 21 bytes.
  private struct Entry {
    var name = InlineArray<24, UInt8>(repeating: 0)
    var count: UInt8 = 0
    var field: KnownFields = []
  }

  private var entries = InlineArray<128, Entry>(repeating: Entry())

  static let shared = KnownFieldTable()

  private init() {
    for (name, field) in KnownFields.names {
      let text = name.utf8.span
      precondition(text.count <= 24, "\(name) is longer than an entry")
      var slot = Self.slot(count: text.count, first: text[0], last: text[text.count - 1])
      while entries[slot].count != 0 { slot = (slot + 1) & 127 }
      for index in text.indices { entries[slot].name[index] = text[index] }
      entries[slot].count = UInt8(text.count)
      entries[slot].field = field
    }
  }

  @inline(__always)
  private static func slot(count: Int, first: UInt8, last: UInt8) -> Int {
    (count &* 11 &+ Int(first | 0x20) &* 5 &+ Int(last | 0x20) &* 31) & 127
  }

  /// The bit of the name at `start..<end`, a valid token of at least one byte; empty if it is not known.
  ///
  /// Setting bit 5 folds case exactly, because the only tokens that it maps to letters or `-` are those themselves.
  @inline(__always)
  func field(named bytes: Span<UInt8>, from start: Int, to end: Int) -> KnownFields {
    let count = end &- start
    var slot = Self.slot(count: count, first: bytes[start], last: bytes[end &- 1])
    while entries[slot].count != 0 {
      if Int(entries[slot].count) == count {
        var index = 0
        while index < count, bytes[start &+ index] | 0x20 == entries[slot].name[index] { index &+= 1 }
        if index == count { return entries[slot].field }
      }
      slot = (slot &+ 1) & 127
    }
    return []
  }
}
