// FieldTable: where a parse notes the field lines it found. One per core, used for one head after another.

/// One field line: both slices lie in the head's bytes, the value without the white space around it.
package struct FieldLine: Equatable, Sendable, BitwiseCopyable {
  package var name: ByteSlice
  package var value: ByteSlice

  package init(name: ByteSlice, value: ByteSlice) {
    self.name = name
    self.value = value
  }
}

/// Field lines in their order, in storage that is allocated once.
package struct FieldTable: ~Copyable {
  private var lines: [FieldLine]
  package private(set) var count = 0
  /// Which remembered head's lines these are; 0 for no such.
  private var origin: UInt64 = 0

  /// Room for `capacity` lines, eight bytes each; the only allocation.
  package init(capacity: Int) {
    lines = Array(repeating: FieldLine(name: .empty, value: .empty), count: capacity)
  }

  package var capacity: Int { lines.count }

  /// The lines, in the order they came in.
  package var span: Span<FieldLine> {
    @_lifetime(borrow self) get { lines.span.extracting(0..<count) }
  }

  package mutating func append(_ line: FieldLine) {
    precondition(count < lines.count, "field table of \(lines.count) is full")
    lines[count] = line
    count &+= 1
    origin = 0
  }

  package mutating func removeAll() {
    count = 0
    origin = 0
  }

  /// Has the table hold these lines and no others. `origin` tells them from all others, so
  /// that they are copied once.
  @inline(__always)
  mutating func replace(by lines: Span<FieldLine>, of origin: UInt64) {
    if origin != self.origin { copy(lines, of: origin) }
  }

  @inline(never)
  private mutating func copy(_ lines: Span<FieldLine>, of origin: UInt64) {
    var room = room
    for index in lines.indices { room[index] = lines[index] }
    count = lines.count
    self.origin = origin
  }

  /// All the room there is, for a parser that says afterwards how much of it has been used. It spares one
  /// check of the array's uniqueness per line.
  var room: MutableSpan<FieldLine> {
    @_lifetime(&self)
    mutating get {
      origin = 0
      return lines.mutableSpan
    }
  }

  /// The first `count` lines of `room` are what the table holds now.
  mutating func use(_ count: Int) {
    precondition(count <= lines.count, "\(count) lines in a table of \(lines.count)")
    self.count = count
  }
}
