// RouteTable: a core's frozen copy of the routes. A pattern without captures is found by its whole path at
// once (LiteralTable), the others by walking a tree of segments in flat arrays. A look-up compares bytes in
// place and allocates nothing.

package import ApusEngine
import ApusRing
import ApusWire

/// The routes of one core.
package struct RouteTable {
  struct MethodHandler {
    let method: Method
    let collectBytes: Int?
    /// Its number in `handlers`.
    let handler: Int
    /// The names of the captures in this route's pattern.
    let names: [String]
  }

  /// The handlers where a pattern ends.
  struct Leaf {
    var methods: [MethodHandler] = []
    /// The number in `handlers` of the handler for files below a path of literals.
    var fileHandler: Int?
    /// Files below a path with captures.
    var files: FileHandler?
    /// The hooks around responses that no handler makes: files, OPTIONS, 405. Where groups share a pattern,
    /// they are those of the group that named it first.
    let surroundings: Surroundings
    /// The value of `Allow`.
    var allow = ""
  }

  private struct Node {
    var capture: Int32 = -1
    var wildcard: Int32 = -1
    var rest: Int32 = -1
    var leaf: Int32 = -1
    var hasLiterals = false
  }

  private var nodes: [Node]
  private let segments: SegmentTable
  private(set) var leaves: [Leaf]
  let handlers: HandlerList
  /// The hooks and middleware around each handler, by its number.
  let surroundings: [Surroundings]
  let literals: LiteralTable
  /// The hooks around the responses to requests that no route matches.
  let unrouted: Surroundings

  private static func handler(_ files: StaticFiles, _ watch: RootWatch?) throws(RootError) -> FileHandler {
    do throws(FileError) {
      return try FileHandler(files, watch: watch)
    } catch {
      throw RootError(path: files.root, cause: error)
    }
  }

  /// Opens the roots of mounted files; an error says which cannot be. Traps on a router with faults: whoever
  /// serves it has looked for them.
  package init(
    _ router: Router, metrics: MetricsSource = MetricsSource(), reporter: ErrorReporter = ErrorReporter()
  ) throws(RootError) {
    let faults = router.faults
    precondition(faults.isEmpty, faults.joined(separator: "; "))
    var tree = RouteTree()
    var chains = HookChain.Maker()
    var leaves: [Leaf] = []
    var handlers: [HandlerList.Item] = []
    var surroundings: [Surroundings] = []
    for var route in router.entries {
      route.setDefault(collectBytes: router.collectBytes)
      let leaf = tree.add(route.pattern.segments)
      let chain = chains.chain(router.hooks + route.hooks)
      let around = Surroundings(chain, pattern: route.pattern.text, reporter)
      if leaf == leaves.count { leaves.append(Leaf(surroundings: around)) }
      switch route.endpoint {
      case .handler(let method, let collectBytes, let tier):
        leaves[leaf].methods.append(
          MethodHandler(
            method: method, collectBytes: collectBytes, handler: handlers.count, names: route.pattern.names))
        let handler = tier.handler(within: router.wrappers + route.wrappers, around.rules)
        handlers.append(HandlerList.Item(around.around(handler)))
        surroundings.append(around)
      case .metrics:
        leaves[leaf].methods.append(
          MethodHandler(method: .get, collectBytes: 0, handler: handlers.count, names: route.pattern.names))
        let handler = Tier.asynchronous { _ in await metrics.answer() }
          .handler(within: router.wrappers + route.wrappers, around.rules)
        handlers.append(HandlerList.Item(around.around(handler)))
        surroundings.append(around)
      case .files(let files):
        let files = try Self.handler(files, route.watch)
        if let rest = route.pattern.restOffset {
          leaves[leaf].fileHandler = handlers.count
          let isAlone = chain.isEmpty
          let handler: CoreHandler = { (request: borrowing Request) in
            Self.answerFile(
              files, around, request, rest: min(rest, request.path.count), repeatably: isAlone)
          }
          handlers.append(HandlerList.Item(around.around(handler)))
          surroundings.append(around)
        } else {
          leaves[leaf].files = files
        }
      }
    }
    for index in leaves.indices { leaves[index].allow = Self.allow(leaves[index]) }
    self.leaves = leaves
    self.handlers = HandlerList(handlers)
    self.surroundings = surroundings
    unrouted = Surroundings(chains.chain(router.hooks), pattern: nil, reporter)
    nodes = tree.nodes.map { node in
      Node(
        capture: node.capture, wildcard: node.wildcard, rest: node.rest, leaf: node.leaf,
        hasLiterals: node.hasLiterals)
    }
    segments = SegmentTable(tree.steps)
    literals = LiteralTable(tree.literalPaths())
  }

  private static func allow(_ leaf: Leaf) -> String {
    var names = leaf.methods.map(\.method.name)
    if names.contains("GET"), !names.contains("HEAD") { names.append("HEAD") }
    if !names.contains("OPTIONS") { names.append("OPTIONS") }
    return names.joined(separator: ", ")
  }

  /// The leaf for a path, or nil; `captures` gets what its pattern captured. Cost: one look at a hash table
  /// for a pattern without captures, whatever their number. Otherwise one for each level; a wrong turn is
  /// taken back at most three times per level.
  package func find(_ path: Span<UInt8>, _ captures: inout Captures) -> Int? {
    literals.find(path) ?? findPattern(path, &captures)
  }

  /// The same for a path that is no literal pattern's.
  func findPattern(_ path: Span<UInt8>, _ captures: inout Captures) -> Int? {
    captures.count = 0
    guard path.count > 0, path[0] == UInt8(ascii: "/") else { return nil }
    let leaf = find(path, from: 1, nodes.span, 0, &captures)
    return leaf < 0 ? nil : Int(leaf)
  }

  private func find(
    _ path: Span<UInt8>, from start: Int, _ nodes: Span<Node>, _ index: Int32, _ captures: inout Captures
  ) -> Int32 {
    let node = nodes[Int(index)]
    var end = start
    while end < path.count, path[end] != UInt8(ascii: "/") { end &+= 1 }
    let counted = captures.count
    if node.hasLiterals {
      let next = segments.find(path.extracting(start..<end), from: index)
      if next >= 0 {
        let leaf = follow(path, end, nodes, next, &captures)
        if leaf >= 0 { return leaf }
        captures.count = counted
      }
    }
    if node.capture >= 0, end > start {
      captures.append(ByteSlice(offset: UInt16(start), count: UInt16(end &- start)))
      let leaf = follow(path, end, nodes, node.capture, &captures)
      if leaf >= 0 { return leaf }
      captures.count = counted
    }
    if node.wildcard >= 0, end > start {
      let leaf = follow(path, end, nodes, node.wildcard, &captures)
      if leaf >= 0 { return leaf }
      captures.count = counted
    }
    guard node.rest >= 0 else { return -1 }
    captures.rest = start
    return nodes[Int(node.rest)].leaf
  }

  /// Looks for the rest of the path, after a segment that ends at `end` and leads to `next`.
  @inline(__always)
  private func follow(
    _ path: Span<UInt8>, _ end: Int, _ nodes: Span<Node>, _ next: Int32, _ captures: inout Captures
  ) -> Int32 {
    end == path.count ? nodes[Int(next)].leaf : find(path, from: end &+ 1, nodes, next, &captures)
  }
}
