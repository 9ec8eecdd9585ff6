// FieldTable: where a parse notes the field lines it found. One per core, used for one head after another.

/// One field line: both slices lie in the head's bytes, the value without the white space around it.
package struct FieldLine: Equatable, Sendable {
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

  /// Room for `capacity` lines, eight bytes each; the only allocation.
  package init(capacity: Int) {
    lines = Array(repeating: FieldLine(name: .empty, value: .empty), count: capacity)
  }

  package var capacity: Int { lines.count }

  /// The lines, in the order they came in.
  package var span: Span<FieldLine> {
    @_lifetime(borrow self) get { lines.span.extracting(0..<count) }
  }

  /// Traps if the table is full.
  package mutating func append(_ line: FieldLine) {
    precondition(count < lines.count, "field table of \(lines.count) is full")
    lines[count] = line
    count &+= 1
  }

  package mutating func removeAll() { count = 0 }
}
