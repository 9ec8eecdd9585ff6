// KnownHost: the Host that was checked last. A core is asked for a handful of names, mostly one, and
// comparing bytes with those that were found in order costs an eighth of checking them again.

/// The last valid value of Host, if it has 8 to 24 bytes.
struct KnownHost: Sendable {
  /// Its first, middle and last eight bytes, which overlap unless it has 24.
  private var words: (UInt64, UInt64, UInt64) = (0, 0, 0)
  private var count = 0

  /// Whether `value` is a valid host (RFC 9110 7.2).
  @inline(__always)
  mutating func admits(_ value: Span<UInt8>) -> Bool {
    if value.count == count, count > 0, Self.words(of: value) == words { return true }
    return admitsAnother(value)
  }

  @inline(never)
  private mutating func admitsAnother(_ value: Span<UInt8>) -> Bool {
    guard HostField(value) != nil else { return false }
    if (8...24).contains(value.count) {
      words = Self.words(of: value)
      count = value.count
    }
    return true
  }

  @inline(__always)
  private static func words(of value: Span<UInt8>) -> (UInt64, UInt64, UInt64) {
    let last = value.count &- 8
    return (value.word(at: 0), value.word(at: min(8, last)), value.word(at: last))
  }
}
