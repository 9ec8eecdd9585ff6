// Handler: the one thing that the engine knows of the library above it. A core has its own, so that nothing
// in it is shared between threads.

/// What to do with a request's body before its handler runs.
package enum BodyPlan {
  /// Collect it, up to this many bytes; 413 beyond.
  case collect(upTo: Int)
  /// The handler reads it as it comes.
  case stream
  /// Answer at once; the body is dropped or the connection closed.
  case answer(Response)
  /// Answer at once and close: more is announced than anybody would read.
  case refuse(Response)
}

/// A core's handlers, behind two closures.
package struct Handler {
  /// Asked only for a request with a body that has not arrived whole, or exceeds the default bound.
  package let plan: (borrowing Request) -> BodyPlan
  /// Answers a request whose body, if any, is complete.
  package let respond: (borrowing Request) -> Response
  /// Shows whoever wants to see answers what a request came to whose client has gone before it was whole.
  package let settle: (borrowing Request, inout Response) -> Void
  /// Whether requests are to know whom they come from: each connection is asked once,
  /// before its first receive.
  package var wantsAddresses = false
  /// The handler asks what the handshake of a connection agreed on.
  package var wantsSecureFacts = false

  package init(
    plan: @escaping (borrowing Request) -> BodyPlan, respond: @escaping (borrowing Request) -> Response,
    settle: @escaping (borrowing Request, inout Response) -> Void = { _, _ in }
  ) {
    self.plan = plan
    self.respond = respond
    self.settle = settle
  }
}
