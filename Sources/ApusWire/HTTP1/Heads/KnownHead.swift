// KnownHead: the head that came last, and what was made of it. Whoever asks again sends mostly the same head,
// byte for byte, or another request line before the same field lines. To compare costs a quarter of reading
// the shortest head once more, and less than a tenth of reading many lines.

/// Remembers a head once two like it came in a row, so that clients who take turns do not pay for
/// being remembered. Only a complete head is: what is recalled depends on the bytes alone, and a
/// parser's limits never change.
struct KnownHead: Sendable {
  private static let byteLimit = 2048
  private static let lineLimit = 64

  /// From the first byte to the empty line.
  private var bytes: [UInt8] = []
  private var lines: [FieldLine] = []
  /// Another for each head that is remembered, and not 0.
  private var number = UInt64.random(in: 1...UInt64.max / 2)
  private var head = RequestHead()
  /// What its field lines say, whatever line stands before them.
  private var facts = HeadFacts()
  /// Where the field lines begin.
  private var sectionStart = 0
  /// The last eight bytes of all.
  private var lastWord: UInt64 = 0

  /// The length of the field lines that were read last.
  private var candidateSection = 0
  /// Of the request line that came last.
  private var candidateLine: UInt64 = 0

  init() {
    bytes.reserveCapacity(Self.byteLimit)
    lines.reserveCapacity(Self.lineLimit)
  }

  var sectionBytes: Int { bytes.count &- sectionStart }
  var lineCount: Int { lines.count }

  // MARK: the whole head

  /// Whether `bytes` begin with the head that is remembered.
  @inline(__always)
  func begins(_ bytes: Span<UInt8>) -> Bool { !self.bytes.isEmpty && bytes.starts(with: self.bytes.span) }

  /// The head and its lines.
  @inline(__always)
  func recall(into head: inout RequestHead, _ fields: inout FieldTable) {
    head = self.head
    fields.replace(by: lines.span, of: number)
  }

  // MARK: its field lines, behind another request line

  /// Whether they stand at `start`, and end before `end`. Lines of another length mostly cost one comparison.
  @inline(__always)
  func stands(in bytes: Span<UInt8>, at start: Int, to end: Int) -> Bool {
    let count = sectionBytes
    guard count >= 8, end &- start >= count, bytes.word(at: start &+ count &- 8) == lastWord else {
      return false
    }
    return bytes.extracting(start..<start &+ count).equals(self.bytes.span.extracting(sectionStart...))
  }

  /// The lines and their facts, for a head in which they begin at `start`.
  @inline(__always)
  func recall(at start: Int, into room: inout MutableSpan<FieldLine>) -> HeadFacts {
    let offset = UInt16(truncatingIfNeeded: start &- sectionStart)
    let lines = lines.span
    for index in lines.indices { room[index] = lines[index].moved(by: offset) }
    return facts.moved(by: offset)
  }

  // MARK: remembering

  /// A complete head was read, whose field lines begin at `start`.
  mutating func note(
    _ head: RequestHead, _ bytes: Span<UInt8>, from start: Int, _ lines: Span<FieldLine>, _ facts: HeadFacts
  ) {
    let count = head.byteCount &- start
    let isSecond = count == candidateSection
    candidateSection = count
    candidateLine = Self.mark(of: bytes, to: start)
    if isSecond { keep(head, bytes, from: start, lines, facts) }
  }

  /// The field lines were recalled, the request line before them was another one.
  @inline(__always)
  mutating func noteLine(
    _ head: RequestHead, _ bytes: Span<UInt8>, from start: Int, _ lines: Span<FieldLine>, _ facts: HeadFacts
  ) {
    let mark = Self.mark(of: bytes, to: start)
    guard mark == candidateLine else {
      candidateLine = mark
      return
    }
    keep(head, bytes, from: start, lines, facts)
  }

  @inline(never)
  private mutating func keep(
    _ head: RequestHead, _ bytes: Span<UInt8>, from start: Int, _ lines: Span<FieldLine>, _ facts: HeadFacts
  ) {
    guard head.byteCount <= Self.byteLimit, head.fieldCount <= Self.lineLimit, start >= 16 else { return }
    self.bytes.removeAll(keepingCapacity: true)
    self.bytes.append(addingCapacity: head.byteCount) {
      $0.append(copying: bytes.extracting(0..<head.byteCount))
    }
    self.lines.removeAll(keepingCapacity: true)
    for index in 0..<head.fieldCount { self.lines.append(lines[index]) }
    number += 1
    self.head = head
    self.facts = facts
    sectionStart = start
    lastWord = bytes.word(at: head.byteCount &- 8)
  }

  /// What tells a request line that ends at `end` from most others, as its method and version do not: where
  /// it ends, and the last bytes of its target.
  @inline(__always)
  private static func mark(of bytes: Span<UInt8>, to end: Int) -> UInt64 {
    end < 16 ? 0 : bytes.word(at: end &- 16) &+ UInt64(truncatingIfNeeded: end)
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
