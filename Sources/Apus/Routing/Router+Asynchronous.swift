// Routes to handlers that suspend. Each stands beside its synchronous namesake.

public import ApusWire

extension Router {
  /// Answers GET, and HEAD with the same head.
  public mutating func get(_ pattern: String, _ handler: @escaping AsynchronousHandler) {
    on(.get, pattern, handler)
  }

  /// Answers POST. The body is collected first, up to `collectBytes` (by default the
  /// server's limit); 413 beyond.
  public mutating func post(
    _ pattern: String, collectBytes: Int? = nil, _ handler: @escaping AsynchronousHandler
  ) {
    on(.post, pattern, collectBytes: collectBytes, handler)
  }

  /// Answers PUT; the body as with `post`.
  public mutating func put(
    _ pattern: String, collectBytes: Int? = nil, _ handler: @escaping AsynchronousHandler
  ) {
    on(.put, pattern, collectBytes: collectBytes, handler)
  }

  /// Answers PATCH; the body as with `post`.
  public mutating func patch(
    _ pattern: String, collectBytes: Int? = nil, _ handler: @escaping AsynchronousHandler
  ) {
    on(.patch, pattern, collectBytes: collectBytes, handler)
  }

  /// Answers DELETE; the body as with `post`.
  public mutating func delete(
    _ pattern: String, collectBytes: Int? = nil, _ handler: @escaping AsynchronousHandler
  ) {
    on(.delete, pattern, collectBytes: collectBytes, handler)
  }

  /// Answers one method at one pattern.
  public mutating func on(
    _ method: Method, _ pattern: String, collectBytes: Int? = nil, _ handler: @escaping AsynchronousHandler
  ) {
    add(pattern, .handler(method, collectBytes: collectBytes, .asynchronous(handler)))
  }
}
