// KnownFieldTable: from a field's name to its bit, without a string and without an allocation. Built once from
// `KnownFields.names`; the parser asks it once per field line.

/// An open-addressing hash table of the known names. The hash takes the length, the first byte and the last one, so
/// most unknown names are told apart before any comparison.
///
/// In arrays, not in InlineArrays: those are copied, all four kilobytes, when a part of them is read through a borrow.
struct KnownFieldTable: Sendable {
  private struct Entry {
    var field: KnownFields = []
    /// Length of the name, 0 for a free slot.
    var count = 0
  }

  private static let slotCount = 128
  /// The longest known name has 21 bytes.
  private static let nameByteLimit = 24

  private var entries = [Entry](repeating: Entry(), count: slotCount)
  /// Names in lower case, each at its slot times `nameByteLimit`.
  private var letters = [UInt8](repeating: 0, count: slotCount * nameByteLimit)

  static let shared = KnownFieldTable()

  private init() {
    for (name, field) in KnownFields.names {
      let text = Array(name.utf8)
      precondition(text.count <= Self.nameByteLimit, "\(name) is longer than an entry")
      var slot = Self.slot(count: text.count, first: text[0], last: text[text.count - 1])
      while entries[slot].count != 0 { slot = (slot + 1) % Self.slotCount }
      entries[slot] = Entry(field: field, count: text.count)
      for index in text.indices { letters[slot * Self.nameByteLimit + index] = text[index] }
    }
  }

  @inline(__always)
  private static func slot(count: Int, first: UInt8, last: UInt8) -> Int {
    (count &* 11 &+ Int(first | 0x20) &* 5 &+ Int(last | 0x20) &* 31) & (slotCount - 1)
  }

  /// The bit of the name at `start..<end`, a valid token of at least one byte; empty if it is not known.
  ///
  /// Setting bit 5 folds case exactly, because the only tokens that it maps to letters or `-` are those themselves.
  @inline(__always)
  func field(named bytes: Span<UInt8>, from start: Int, to end: Int) -> KnownFields {
    let count = end &- start
    var slot = Self.slot(count: count, first: bytes[start], last: bytes[end &- 1])
    while entries[slot].count != 0 {
      if entries[slot].count == count {
        let offset = slot &* Self.nameByteLimit
        var index = 0
        while index < count, bytes[start &+ index] | 0x20 == letters[offset &+ index] { index &+= 1 }
        if index == count { return entries[slot].field }
      }
      slot = (slot &+ 1) & (Self.slotCount - 1)
    }
    return []
  }
}
