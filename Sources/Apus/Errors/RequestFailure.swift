// RequestFailure: an error with what it came to, as hooks and `Server.onError` see it.

import ApusEngine
public import ApusWire

/// What went wrong with a request: thrown by a handler, a hook or a middleware, or said by the router,
/// a time-out or the proxy.
public struct RequestFailure: Sendable {
  /// What was thrown, or a `RoutingError`, an `AnswerError`.
  public let error: any Error
  /// The answer's: what the error deserves, unless its answer had begun.
  public let status: Status
  /// The pattern of the request's route, as it was written; nil if none matches.
  public let route: String?
  /// The answer had begun, or was given, before the error came: its client was told by a reset, if at all.
  public let answerHadBegun: Bool

  init(_ error: any Error, _ status: Status, _ route: String?, hasBegun: Bool = false) {
    self.error = error
    self.status = status
    self.route = route
    answerHadBegun = hasBegun
  }

  /// A sentence that the client may read: the error's own message, or the status's reason for an error that
  /// says nothing to clients.
  public var detail: String { (error as? any ResponseError)?.message ?? status.reason }
}
