// ByteRange: what a Range field asks of a representation (RFC 9110 14.1.2, 14.2).

/// The part of a representation to send.
package enum ByteRange: Equatable, Sendable {
  /// All of it, with 200.
  case whole
  /// This part, never empty, with 206.
  case satisfiable(Range<UInt64>)
  /// None; 416.
  case unsatisfiable

  /// Reads the value of `Range` against a representation of `size` bytes.
  package static func resolve(_ value: Span<UInt8>, size: UInt64) -> ByteRange { .whole }
}
