// Routes whose handlers read and write bodies as they flow.

public import ApusEngine
public import ApusWire

extension Router {
  /// Answers one method at one pattern with a handler that reads the body and writes the answer as they flow.
  ///
  /// ```swift
  /// router.on(.post, "/echo") { request, body, sender in
  ///   var writer = try sender.start()
  ///   while let chunk = try await body.read() { try await writer.write(chunk) }
  ///   try writer.finish()
  /// }
  /// ```
  public mutating func on(_ method: Method, _ pattern: String, _ handler: @escaping StreamingHandler) {
    add(pattern, .handler(method, collectBytes: Self.readByHandler, .streaming(handler)))
  }

  /// Answers GET with server-sent events (WHATWG HTML section 9.2) for as long as the handler runs and the
  /// client stays; HEAD without the handler. When the client sends a FIN, and when the server drains, the
  /// answer ends there as a whole one, so that its client comes back, to whoever serves then; the
  /// handler's task is cancelled.
  ///
  /// - Parameter endsAtDrain: False leaves the end at a drain to the handler, which looks at
  ///   ``EventWriter/isDraining`` and has `Timeouts.drain` for a last word.
  ///
  /// ```swift
  /// router.events("/ticks") { request, events in
  ///   while true {
  ///     try await events.send("tick")
  ///     try await Task.sleep(for: .seconds(1))
  ///   }
  /// }
  /// ```
  public mutating func events(
    _ pattern: String, endsAtDrain: Bool = true,
    _ handler: @escaping @Sendable (borrowing Request, inout EventWriter) async throws -> Void
  ) {
    on(.get, pattern) { request, _, sender in
      let head = Response(
        status: .ok,
        fields: [
          ResponseField("Content-Type", "text/event-stream"), ResponseField("Cache-Control", "no-store"),
        ])
      var events = EventWriter(writer: try sender.start(head))
      let goesOn = try events.begin(endsAtDrain: endsAtDrain)
      if goesOn, request.method != .head { try await handler(request, &events) }
      try events.finish()
    }
  }

  /// In place of a bound on the body: the handler reads it.
  static let readByHandler = Int.max
}
