// ByteSlice: where something lies inside a head. A parsed head is a set of these over bytes
// that stay where they are.

/// A run of bytes inside a head, which is at most 65,535 bytes long; four bytes in size.
package struct ByteSlice: Equatable, Sendable, BitwiseCopyable {
  package var offset: UInt16
  package var count: UInt16

  /// Nothing, at offset 0.
  package static let empty = ByteSlice(offset: 0, count: 0)

  package init(offset: UInt16, count: UInt16) {
    self.offset = offset
    self.count = count
  }

  /// The slice from `start` up to but not including `end`; traps if `end` is past 65,535.
  init(from start: Int, to end: Int) {
    self.init(offset: UInt16(start), count: UInt16(end &- start))
  }

  package var isEmpty: Bool { count == 0 }

  package var range: Range<Int> { Int(offset)..<Int(offset) + Int(count) }
}

extension Span where Element == UInt8 {
  /// The bytes that `slice` names.
  package subscript(slice: ByteSlice) -> Span<UInt8> {
    @_lifetime(copy self) get { extracting(slice.range) }
  }
}
