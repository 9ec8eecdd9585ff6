// RouteTree: the patterns as a tree of segments, while a table is made of it. Used at start only.

struct RouteTree {
  struct Node {
    var literals: [(text: String, node: Int32)] = []
    var capture: Int32 = -1
    var wildcard: Int32 = -1
    var rest: Int32 = -1
    var leaf: Int32 = -1

    var hasLiterals: Bool { !literals.isEmpty }
  }

  private(set) var nodes = [Node()]
  private var leafCount = 0

  /// The leaf at the end of a pattern: a new one, numbered from 0, or the one that is there.
  mutating func add(_ segments: [Pattern.Segment]) -> Int {
    var node = 0
    for segment in segments { node = step(segment, from: node) }
    if nodes[node].leaf < 0 {
      nodes[node].leaf = Int32(leafCount)
      leafCount += 1
    }
    return Int(nodes[node].leaf)
  }

  private mutating func step(_ segment: Pattern.Segment, from node: Int) -> Int {
    switch segment {
    case .literal(let text):
      if let found = nodes[node].literals.first(where: { $0.text == text }) { return Int(found.node) }
      nodes[node].literals.append((text, Int32(nodes.count)))
    case .capture:
      if nodes[node].capture >= 0 { return Int(nodes[node].capture) }
      nodes[node].capture = Int32(nodes.count)
    case .wildcard:
      if nodes[node].wildcard >= 0 { return Int(nodes[node].wildcard) }
      nodes[node].wildcard = Int32(nodes.count)
    case .rest:
      if nodes[node].rest >= 0 { return Int(nodes[node].rest) }
      nodes[node].rest = Int32(nodes.count)
    }
    nodes.append(Node())
    return nodes.count - 1
  }

  /// Every literal step.
  var steps: [(node: Int32, text: [UInt8], child: Int32)] {
    nodes.indices.flatMap { index in
      nodes[index].literals.map { (Int32(index), Array($0.text.utf8), $0.node) }
    }
  }

  /// The paths of the patterns that are literal throughout, and their leaves.
  func literalPaths(below node: Int = 0, path: [UInt8] = []) -> [(path: [UInt8], leaf: Int)] {
    nodes[node].literals.flatMap { literal in
      let path = path + [UInt8(ascii: "/")] + Array(literal.text.utf8)
      let leaf = Int(nodes[Int(literal.node)].leaf)
      return (leaf >= 0 ? [(path, leaf)] : []) + literalPaths(below: Int(literal.node), path: path)
    }
  }
}
