// SegmentTable: the literal steps of the route tree, all nodes' in one hash table: from a node and a segment
// of the path to the next node. One look for each level, however many siblings there are.

import ApusWire

/// Open addressing, at most half full, built once. Entries are trivial, so that a
/// look-up counts no references.
struct SegmentTable {
  private struct Entry {
    var hash: UInt64
    var node: Int32
    /// -1 where the entry is empty.
    var child: Int32
    var start: UInt32
    var count: UInt32
  }

  private var entries: [Entry]
  private var texts: [UInt8]
  private let seed: UInt64
  private let mask: Int

  /// Each pair of node and text once.
  init(_ steps: [(node: Int32, text: [UInt8], child: Int32)], seed: UInt64 = .random(in: 0...UInt64.max)) {
    var capacity = 8
    while capacity < 2 * steps.count { capacity *= 2 }
    entries = Array(repeating: Entry(hash: 0, node: 0, child: -1, start: 0, count: 0), count: capacity)
    texts = []
    mask = capacity - 1
    self.seed = seed
    for step in steps {
      let hash = Self.hash(step.text.span, step.node, seed)
      var index = Int(truncatingIfNeeded: hash) & mask
      while entries[index].child >= 0 { index = (index + 1) & mask }
      entries[index] = Entry(
        hash: hash, node: step.node, child: step.child, start: UInt32(texts.count),
        count: UInt32(step.text.count))
      texts += step.text
    }
  }

  /// The node that `segment` leads to from `node`, or -1.
  func find(_ segment: Span<UInt8>, from node: Int32) -> Int32 {
    let hash = Self.hash(segment, node, seed)
    let entries = entries.span
    var index = Int(truncatingIfNeeded: hash) & mask
    while entries[index].child >= 0 {
      let entry = entries[index]
      if entry.hash == hash, entry.node == node,
        segment.equals(texts.span.extracting(Int(entry.start)..<Int(entry.start) + Int(entry.count)))
      {
        return entry.child
      }
      index = (index + 1) & mask
    }
    return -1
  }

  private static func hash(_ segment: Span<UInt8>, _ node: Int32, _ seed: UInt64) -> UInt64 {
    segment.hash(seed: seed &+ UInt64(UInt32(bitPattern: node)) &* 0x9E37_79B9_7F4A_7C15)
  }
}
