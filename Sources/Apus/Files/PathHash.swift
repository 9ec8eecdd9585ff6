// PathHash: a number for a path, so that a hit in the file cache needs no string. Seeded, so that nobody can choose
// names that fall together.

struct PathHash {
  private let seed: UInt64

  init(seed: UInt64) { self.seed = seed }

  /// Eight bytes at a time, each word folded in with one multiplication of 64 by 64 bits.
  func callAsFunction(_ path: Span<UInt8>) -> UInt64 {
    var hash = seed ^ UInt64(path.count)
    var index = 0
    while index < path.count {
      let end = min(index &+ 8, path.count)
      var word: UInt64 = 0
      while index < end {
        word = word << 8 | UInt64(path[index])
        index &+= 1
      }
      hash = Self.fold(hash ^ word, 0x9E37_79B9_7F4A_7C15)
    }
    return Self.fold(hash, seed | 1)
  }

  private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low
  }
}
