// Router: what a service answers, written down before it starts. `Server` freezes it; from then on each core looks up in
// a `RouteTable` of its own.

public import ApusEngine
public import ApusWire

/// Answers a request in place, on the core that received it. It must not block: the core serves nobody else meanwhile.
public typealias SynchronousHandler = @Sendable (borrowing Request) throws -> Response

/// Routes by method and path.
///
/// A pattern is a path whose segments are literal, `{name}` for any one segment, or, at its end, `**` for any rest.
/// Literals beat captures, captures beat `**`. HEAD is answered from GET, OPTIONS and 405 come by themselves.
public struct Router: Sendable {
  /// What stands at a pattern.
  struct Route: Sendable {
    var pattern: Pattern
    var endpoint: Endpoint
  }

  enum Endpoint: Sendable {
    case handler(Method, collectBytes: Int?, SynchronousHandler)
    case files(StaticFiles)
  }

  private(set) var routes: [Route] = []

  /// A router that answers everything with 404.
  public init() {}

  /// Answers GET, and HEAD with the same head.
  public mutating func get(_ pattern: String, _ handler: @escaping SynchronousHandler) {
    on(.get, pattern, handler)
  }

  /// Answers POST. The body is collected first, up to `collectBytes` (by default the server's limit); 413 beyond.
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

  /// Answers one method at one pattern. Traps on a pattern that is malformed, or taken for this method: both are
  /// mistakes of the program, found when it starts.
  public mutating func on(
    _ method: Method, _ pattern: String, collectBytes: Int? = nil, _ handler: @escaping SynchronousHandler
  ) {
    add(Route(pattern: Pattern(pattern), endpoint: .handler(method, collectBytes: collectBytes, handler)))
  }

  /// Answers GET and HEAD for everything under `prefix` with files under `files.root`.
  public mutating func files(_ prefix: String, _ files: StaticFiles) {
    let trimmed = prefix.hasSuffix("/") ? String(prefix.dropLast()) : prefix
    add(Route(pattern: Pattern(trimmed + "/**"), endpoint: .files(files)))
  }

  private mutating func add(_ route: Route) {
    for other in routes where other.pattern.segments == route.pattern.segments {
      switch (other.endpoint, route.endpoint) {
      case (.handler(let taken, _, _), .handler(let wanted, _, _)) where taken != wanted: break
      default: preconditionFailure("\(route.pattern.text) is routed twice for the same method")
      }
    }
    routes.append(route)
  }
}
