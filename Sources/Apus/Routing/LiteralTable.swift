// LiteralTable: the patterns without captures, found by their whole path at once. Such a pattern
// beats every other that matches its path, since literals beat captures at each level, so a hit here
// is the answer of the tree.

import ApusWire
import Synchronization

/// Leaves by path: open addressing, at most half full, built once. Entries are trivial, so that a look-up
/// counts no references; the paths lie behind each other in one array.
struct LiteralTable {
  private struct Entry {
    var hash: UInt64
    var path: Range<Int>
    /// -1 where the entry is empty.
    var leaf: Int
  }

  private let entries: [Entry]
  private let paths: [UInt8]
  private let seed: UInt64
  private let mask: Int
  private let recent = Recent()

  /// The entry that was found last. The next request is mostly for the same path, so this entry is compared
  /// before anything is hashed. Only one thread uses it. A relaxed atomic is a plain load, while each access
  /// to a class's variable is checked for overlapping access.
  private final class Recent: Sendable {
    let entry = Atomic<Int>(0)
  }

  /// `leaves` by the paths that lead to them, each once.
  init(_ leaves: [(path: [UInt8], leaf: Int)], seed: UInt64 = .random(in: 0...UInt64.max)) {
    var capacity = 8
    while capacity < 2 * leaves.count { capacity *= 2 }
    var entries = Array(repeating: Entry(hash: 0, path: 0..<0, leaf: -1), count: capacity)
    var paths: [UInt8] = []
    mask = capacity - 1
    self.seed = seed
    for (path, leaf) in leaves {
      let hash = path.span.hash(seed: seed)
      var index = Int(truncatingIfNeeded: hash) & mask
      while entries[index].leaf >= 0 { index = (index + 1) & mask }
      entries[index] = Entry(hash: hash, path: paths.count..<paths.count + path.count, leaf: leaf)
      paths += path
    }
    self.entries = entries
    self.paths = paths
  }

  /// The leaf for exactly this path.
  func find(_ path: Span<UInt8>) -> Int? {
    let last = entries[recent.entry.load(ordering: .relaxed)]
    if last.leaf >= 0, path.equals(paths.span.extracting(last.path)) { return last.leaf }
    return findAnother(path)
  }

  /// The same for any path but the one that was found last.
  @inline(never)
  private func findAnother(_ path: Span<UInt8>) -> Int? {
    let hash = path.hash(seed: seed)
    let entries = entries.span
    var index = Int(truncatingIfNeeded: hash) & mask
    while entries[index].leaf >= 0 {
      if entries[index].hash == hash, path.equals(paths.span.extracting(entries[index].path)) {
        recent.entry.store(index, ordering: .relaxed)
        return entries[index].leaf
      }
      index = (index + 1) & mask
    }
    return nil
  }
}
