// Router: what a service answers, written down before it starts. `Server` freezes it; from then on each core
// looks up in a `RouteTable` of its own. Groups and hooks stand in Router+Groups and Router+Hooks, what is
// wrong with the routes is found in Router+Checking.

public import ApusEngine
public import ApusWire

/// Answers a request in place, on the core that received it. It must not block: the core serves no other
/// request meanwhile.
public typealias SynchronousHandler = @Sendable (borrowing Request) throws -> Response

/// Routes by method and path.
///
/// A pattern is a path whose segments are literal, `{name}` or `*` for any one segment, or, at its end, `**`
/// for any rest. Literals beat captures, captures beat `*`, `*` beats `**`. HEAD is answered from GET,
/// OPTIONS and 405 come by themselves.
public struct Router: Sendable {
  /// A pattern, with its handler and the hooks and middleware around it.
  struct Route: Sendable {
    var pattern: Pattern
    var endpoint: Endpoint
    /// The hooks of the groups around the route, outermost first; the router's own come before them.
    var hooks: [Hook] = []
    /// The middleware of the groups around the route, outermost first.
    var wrappers: [Wrapper] = []
    /// The watch over the root of the files that a server serves.
    var watch: RootWatch?
  }

  enum Endpoint: Sendable {
    case handler(Method, collectBytes: Int?, Tier)
    case files(StaticFiles)
    case metrics
  }

  var entries: [Route] = []
  /// For every request, also for one that no route matches.
  var hooks: [Hook] = []
  /// The middleware around all handlers, outermost first. A handler within it runs as a task.
  var wrappers: [Wrapper] = []
  /// Bytes of a body that is collected for routes that do not say; nil for the server's limit.
  public var collectBytes: Int?
  /// In front of every pattern that is added; without a slash at its end.
  var prefix = ""

  /// A router that answers everything with 404.
  public init() {}

  /// Answers GET, and HEAD with the same head.
  public mutating func get(_ pattern: String, _ handler: @escaping SynchronousHandler) {
    on(.get, pattern, handler)
  }

  /// Answers POST. The body is collected first, up to `collectBytes` (by default the
  /// server's limit); 413 beyond.
  public mutating func post(
    _ pattern: String, collectBytes: Int? = nil, _ handler: @escaping SynchronousHandler
  ) {
    on(.post, pattern, collectBytes: collectBytes, handler)
  }

  /// Answers PUT; the body as with `post`.
  public mutating func put(
    _ pattern: String, collectBytes: Int? = nil, _ handler: @escaping SynchronousHandler
  ) {
    on(.put, pattern, collectBytes: collectBytes, handler)
  }

  /// Answers PATCH; the body as with `post`.
  public mutating func patch(
    _ pattern: String, collectBytes: Int? = nil, _ handler: @escaping SynchronousHandler
  ) {
    on(.patch, pattern, collectBytes: collectBytes, handler)
  }

  /// Answers DELETE; the body as with `post`.
  public mutating func delete(
    _ pattern: String, collectBytes: Int? = nil, _ handler: @escaping SynchronousHandler
  ) {
    on(.delete, pattern, collectBytes: collectBytes, handler)
  }

  /// Answers one method at one pattern. A pattern that is malformed, or taken for this method, keeps the
  /// server from starting: `Server.start()` throws with all of them in one sentence.
  public mutating func on(
    _ method: Method, _ pattern: String, collectBytes: Int? = nil, _ handler: @escaping SynchronousHandler
  ) {
    add(pattern, .handler(method, collectBytes: collectBytes, .synchronous(handler)))
  }

  /// Answers GET and HEAD for everything under `prefix` with files under `files.root`.
  public mutating func files(_ prefix: String, _ files: StaticFiles) {
    add((prefix.hasSuffix("/") ? String(prefix.dropLast()) : prefix) + "/**", .files(files))
  }

  /// The same with the defaults of `StaticFiles`.
  public mutating func files(_ prefix: String, root: String) { files(prefix, StaticFiles(root: root)) }

  mutating func add(_ pattern: String, _ endpoint: Endpoint) {
    entries.append(Route(pattern: Pattern(pattern, within: prefix), endpoint: endpoint))
  }
}
