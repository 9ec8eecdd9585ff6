// ResponseError: errors that say how they are answered.

public import ApusEngine
public import ApusWire

/// An error of a program's own that says what its request is answered with.
///
/// ```swift
/// struct OutOfStock: ResponseError {
///   let product: String
///   var status: Status { .conflict }
///   var message: String { "\(product) is sold out" }
///   var fields: [ResponseField] { [ResponseField("Retry-After", "3600")] }
/// }
/// ```
///
/// Whatever throws it, a handler, a hook or a middleware, answers with ``response``. An error that is none of
/// these is answered with 500, and its client is told nothing of it.
public protocol ResponseError: Error {
  /// The response's status.
  var status: Status { get }
  /// The text for the client: by default the status's reason.
  var message: String { get }
  /// Fields of the response: by default none.
  var fields: [ResponseField] { get }
  /// The whole answer, which is what is sent: by default the status and the message as a line
  /// of text, with the fields.
  var response: Response { get }
}

extension ResponseError {
  /// The status's reason.
  public var message: String { status.reason }
  /// None.
  public var fields: [ResponseField] { [] }

  /// The status and the message as a line of text, with the fields.
  public var response: Response {
    var response = Response.text("\(status.code) \(message)\n", status: status)
    if !fields.isEmpty { response.fields = fields }
    return response
  }
}

extension Response {
  /// The response to a request whose handler has thrown `error`.
  init(answering error: any Error) {
    if let error = error as? any ResponseError {
      self = error.response
    } else {
      self = .plain(.internalServerError)
    }
  }
}
