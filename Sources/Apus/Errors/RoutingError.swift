// Errors of the server's own, each with its answer: no handler has thrown these.

public import ApusEngine
public import ApusWire

/// Why a router has no handler answer a request.
public enum RoutingError: ResponseError, Equatable, Sendable {
  /// Nothing is routed at the path, or no file is there: 404.
  case notFound
  /// The path takes these methods, as `Allow` has them: 405.
  case methodNotAllowed(allowed: String)
  /// A method that no route can have: 501.
  case methodNotImplemented
  /// The body has more bytes than are collected: 413.
  case contentTooLarge(limit: Int)

  /// The answer's status.
  public var status: Status {
    switch self {
    case .notFound: .notFound
    case .methodNotAllowed: .methodNotAllowed
    case .methodNotImplemented: .notImplemented
    case .contentTooLarge: .contentTooLarge
    }
  }

  /// One sentence.
  public var message: String {
    switch self {
    case .notFound: "there is nothing at this path"
    case .methodNotAllowed(let allowed): "this path takes \(allowed)"
    case .methodNotImplemented: "this server does not know the method"
    case .contentTooLarge(let limit): "the body is larger than \(limit) bytes"
    }
  }

  /// `Allow`, behind 405.
  public var fields: [ResponseField] {
    guard case .methodNotAllowed(let allowed) = self else { return [] }
    return [ResponseField("Allow", allowed)]
  }

  /// The status and its reason as a line of text, with the fields.
  public var response: Response {
    var response = Response.plain(status)
    if !fields.isEmpty { response.fields = fields }
    return response
  }
}

extension BodyError: ResponseError {
  /// The mistake in the body.
  public var message: String {
    switch self {
    case .malformed(_, let explanation): explanation
    case .stalled: "the body came too slowly"
    case .tooLarge: "the body is larger than is read"
    case .connectionLost, .answered: status.reason
    }
  }

  /// The status and its reason as a line of text.
  public var response: Response { .plain(status) }
}

extension AnswerError: ResponseError {
  /// Says that the response was late. A client is told nothing about a program's mistakes.
  public var message: String {
    self == .timedOut ? "the answer was not ready in time" : status.reason
  }

  /// The status, its reason and the message as a line of text.
  public var response: Response {
    self == .timedOut ? .refusal(status, message) : .plain(status)
  }
}

extension RelayFailure: ResponseError, CustomStringConvertible {
  /// The reason, as far as a client may know it.
  public var message: String {
    switch status {
    case .gatewayTimeout: "the server behind did not answer in time"
    case .serviceUnavailable: "the server behind has no connection free"
    default: "the server behind did not answer"
    }
  }

  /// The status and its reason as a line of text.
  public var response: Response { .plain(status) }

  /// A sentence for a log.
  public var description: String { "the proxy has no answer of a server's: \(name)" }
}
