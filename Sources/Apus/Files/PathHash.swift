// PathHash: a number for a path, so that a hit in the file cache needs no string. Seeded, so that nobody can
// choose names that fall together.

import ApusWire

struct PathHash {
  private let seed: UInt64

  init(seed: UInt64) { self.seed = seed }

  func callAsFunction(_ path: Span<UInt8>) -> UInt64 { path.hash(seed: seed) }
}
