// RequestFailure: an error with what it came to, as hooks and `Server.onError` see it.

import ApusEngine
public import ApusWire

/// The failure of a request: an error that a handler, a hook or a middleware has thrown, or one of the
/// router, of a time-out or of the proxy.
public struct RequestFailure: Sendable {
  /// The error that was thrown, or a `RoutingError`, an `AnswerError`.
  public let error: any Error
  /// The response's status: the one for this error, unless the response had begun.
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
