// KnownSection: the field lines that came last, and what they said. Whoever asks again says the same of itself each time; to
// compare costs a fifth of reading a few lines once more, and less than a tenth of reading many.

/// Remembers a field section, from the first line to the empty one, once two of its length came in a row, so that clients who
/// take turns do not pay for being remembered.
struct KnownSection: Sendable {
  private static let byteLimit = 2048
  private static let lineLimit = 64

  private var bytes: [UInt8] = []
  private var lines: [FieldLine] = []
  private var facts = HeadFacts()
  /// Where in its head the section began.
  private var start = 0
  /// The last eight bytes of it.
  private var lastWord: UInt64 = 0
  /// The length of the section that was read last.
  private var candidate = 0

  init() {
    bytes.reserveCapacity(Self.byteLimit)
    lines.reserveCapacity(Self.lineLimit)
  }

  var byteCount: Int { bytes.count }
  var lineCount: Int { lines.count }

  /// Whether the section that is remembered stands at `start`, and ends before `end`. Sections of another length mostly
  /// cost one comparison.
  @inline(__always)
  func stands(in bytes: Span<UInt8>, at start: Int, to end: Int) -> Bool {
    let count = self.bytes.count
    guard count >= 8, end &- start >= count, bytes.word(at: start &+ count &- 8) == lastWord else {
      return false
    }
    return bytes.extracting(start..<start &+ count).equals(self.bytes.span)
  }

  /// Its lines and facts, for a head in which it begins at `newStart`.
  @inline(__always)
  func recall(at newStart: Int, into room: inout MutableSpan<FieldLine>) -> HeadFacts {
    let offset = UInt16(truncatingIfNeeded: newStart &- start)
    let lines = lines.span
    for index in lines.indices { room[index] = lines[index].moved(by: offset) }
    return facts.moved(by: offset)
  }

  /// A section was read to its end, at `end`.
  mutating func note(
    _ bytes: Span<UInt8>, from start: Int, to end: Int, _ room: Span<FieldLine>, _ facts: HeadFacts
  ) {
    let count = end &- start
    let isSecond = count == candidate
    candidate = count
    guard isSecond, count >= 8, count <= Self.byteLimit, room.count <= Self.lineLimit else { return }
    self.bytes.removeAll(keepingCapacity: true)
    self.bytes.append(addingCapacity: count) { $0.append(copying: bytes.extracting(start..<end)) }
    lines.removeAll(keepingCapacity: true)
    for index in room.indices { lines.append(room[index]) }
    self.facts = facts
    self.start = start
    lastWord = bytes.word(at: end &- 8)
  }
}

extension FieldLine {
  @inline(__always)
  fileprivate func moved(by offset: UInt16) -> FieldLine {
    FieldLine(name: name.moved(by: offset), value: value.moved(by: offset))
  }
}

extension ByteSlice {
  /// The offset wraps, so that a slice can move to the front, too.
  @inline(__always)
  func moved(by offset: UInt16) -> ByteSlice { ByteSlice(offset: self.offset &+ offset, count: count) }
}
