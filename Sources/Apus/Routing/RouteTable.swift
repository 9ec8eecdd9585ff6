// RouteTable: a core's frozen copy of the routes, as a tree of path segments in flat arrays. A look-up walks the request's
// path once, compares bytes in place and allocates nothing.

import ApusEngine
import ApusRing
import ApusWire

/// The routes of one core.
struct RouteTable {
  /// A structure of its own: a closure in a tuple or a generic would be called through two thunks more.
  struct MethodHandler {
    let method: Method
    let collectBytes: Int?
    let handler: SynchronousHandler
  }

  /// What is answered where a pattern ends.
  struct Leaf {
    var methods: [MethodHandler] = []
    var files: FileHandler?
    var names: [String] = []
    /// The value of `Allow`.
    var allow = ""
  }

  private struct Node {
    /// Sorted by their bytes.
    var literals: [(bytes: [UInt8], node: Int)] = []
    var capture = -1
    var rest = -1
    var leaf = -1
  }

  private var nodes = [Node()]
  private(set) var leaves: [Leaf] = []
  private(set) var literals = LiteralTable([])

  /// Opens the roots of mounted files; an error says which cannot be.
  init(_ router: Router) throws(FileError) {
    for route in router.routes { try add(route) }
    for index in leaves.indices { leaves[index].allow = Self.allow(leaves[index]) }
    literals = LiteralTable(literalPaths(below: 0, path: []))
  }

  private mutating func add(_ route: Router.Route) throws(FileError) {
    var node = 0
    for segment in route.pattern.segments {
      switch segment {
      case .literal(let text): node = child(of: node, Array(text.utf8))
      case .capture:
        if nodes[node].capture < 0 { nodes[node].capture = newNode() }
        node = nodes[node].capture
      case .rest:
        if nodes[node].rest < 0 { nodes[node].rest = newNode() }
        node = nodes[node].rest
      }
    }
    if nodes[node].leaf < 0 {
      nodes[node].leaf = leaves.count
      leaves.append(Leaf())
    }
    let leaf = nodes[node].leaf
    leaves[leaf].names = route.pattern.names
    switch route.endpoint {
    case .handler(let method, let collectBytes, let handler):
      leaves[leaf].methods.append(
        MethodHandler(method: method, collectBytes: collectBytes, handler: handler))
    case .files(let files):
      leaves[leaf].files = try FileHandler(files)
    }
  }

  private mutating func newNode() -> Int {
    nodes.append(Node())
    return nodes.count - 1
  }

  private mutating func child(of node: Int, _ bytes: [UInt8]) -> Int {
    if let found = nodes[node].literals.first(where: { $0.bytes == bytes }) { return found.node }
    let fresh = newNode()
    nodes[node].literals.append((bytes, fresh))
    nodes[node].literals.sort { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    return fresh
  }

  private func literalPaths(below node: Int, path: [UInt8]) -> [(path: [UInt8], leaf: Int)] {
    nodes[node].literals.flatMap { literal in
      let path = path + [UInt8(ascii: "/")] + literal.bytes
      let leaf = nodes[literal.node].leaf
      return (leaf >= 0 ? [(path, leaf)] : []) + literalPaths(below: literal.node, path: path)
    }
  }

  private static func allow(_ leaf: Leaf) -> String {
    var names = leaf.methods.map(\.method.name)
    if names.contains("GET") { names.append("HEAD") }
    names.append("OPTIONS")
    return names.joined(separator: ", ")
  }

  /// The leaf for a path, or nil; `captures` gets what its pattern captured. Cost: one look at a hash table for a pattern
  /// without captures, whatever their number. Otherwise bytes of the path, and a binary search among the literals of
  /// each level; a wrong turn into a literal is taken back at most once per level.
  func find(_ path: Span<UInt8>, _ captures: inout Captures) -> Int? {
    if let leaf = literals.find(path) { return leaf }
    captures.count = 0
    guard path.count > 0, path[0] == UInt8(ascii: "/") else { return nil }
    return find(path, from: 1, node: 0, &captures)
  }

  private func find(_ path: Span<UInt8>, from start: Int, node: Int, _ captures: inout Captures) -> Int? {
    var end = start
    while end < path.count, path[end] != UInt8(ascii: "/") { end += 1 }
    let isLast = end == path.count
    let counted = captures.count
    if let next = literal(of: node, path.extracting(start..<end)) {
      if isLast {
        if nodes[next].leaf >= 0 { return nodes[next].leaf }
      } else if let found = find(path, from: end + 1, node: next, &captures) {
        return found
      }
      captures.count = counted
    }
    let capture = nodes[node].capture
    if capture >= 0, end > start {
      captures.append(ByteSlice(offset: UInt16(start), count: UInt16(end - start)))
      if isLast {
        if nodes[capture].leaf >= 0 { return nodes[capture].leaf }
      } else if let found = find(path, from: end + 1, node: capture, &captures) {
        return found
      }
      captures.count = counted
    }
    let rest = nodes[node].rest
    guard rest >= 0 else { return nil }
    captures.rest = start
    return nodes[rest].leaf
  }

  private func literal(of node: Int, _ segment: Span<UInt8>) -> Int? {
    var low = 0
    var high = nodes[node].literals.count
    while low < high {
      let middle = (low + high) / 2
      switch Self.compare(segment, nodes[node].literals[middle].bytes) {
      case 0: return nodes[node].literals[middle].node
      case ..<0: high = middle
      default: low = middle + 1
      }
    }
    return nil
  }

  /// Negative, zero or positive, as the first stands before, at or after the second in byte order.
  private static func compare(_ a: Span<UInt8>, _ b: [UInt8]) -> Int {
    let common = min(a.count, b.count)
    for index in 0..<common where a[index] != b[index] { return Int(a[index]) - Int(b[index]) }
    return a.count - b.count
  }
}
