// A number for a run of bytes, for tables that are looked up once per request.

extension Span where Element == UInt8 {
  /// Eight bytes at a time, each word folded in with one multiplication of 64 by 64 bits. Whoever chooses the
  /// bytes but does not know the seed cannot choose what falls together.
  package func hash(seed: UInt64) -> UInt64 {
    var hash = seed ^ UInt64(count)
    var index = 0
    while index &+ 8 < count {
      hash = Self.fold(hash ^ word(at: index), 0x9E37_79B9_7F4A_7C15)
      index &+= 8
    }
    // The last eight bytes, which may overlap those before; the count tells what would be the same.
    let last = count >= 8 ? word(at: count &- 8) : word(at: 0, to: count)
    hash = Self.fold(hash ^ last, 0x9E37_79B9_7F4A_7C15)
    return Self.fold(hash, seed | 1)
  }

  @inline(__always)
  private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low
  }
}
