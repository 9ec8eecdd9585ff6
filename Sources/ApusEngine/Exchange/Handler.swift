// Handler: all that the engine knows of the library above it. Each core has one of its own, so that no part
// of it is shared between threads.

/// The treatment of a request's body before its handler runs.
package enum BodyPlan {
  /// Collect it, up to this many bytes; a larger body gets 413.
  case collect(upTo: Int)
  /// The handler reads it as it arrives.
  case stream
  /// Respond at once; the body is dropped or the connection closed.
  case answer(Response)
  /// Respond at once and close: the announced length exceeds every limit.
  case refuse(Response)
}

/// A core's handlers, as closures.
package struct Handler {
  /// Called only for a request whose body has not arrived completely, or exceeds the default limit.
  package let plan: (borrowing Request) -> BodyPlan
  /// Responds to a request whose body, if any, is complete.
  package let respond: (borrowing Request) -> Response
  /// Shows hooks the outcome of a request whose client has gone before its response was complete.
  package let settle: (borrowing Request, inout Response) -> Void
  /// Requests show their peer's address: it is requested once per connection, before the first receive.
  package var wantsAddresses = false

  package init(
    plan: @escaping (borrowing Request) -> BodyPlan, respond: @escaping (borrowing Request) -> Response,
    settle: @escaping (borrowing Request, inout Response) -> Void = { _, _ in }
  ) {
    self.plan = plan
    self.respond = respond
    self.settle = settle
  }
}
