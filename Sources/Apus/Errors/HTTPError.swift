// HTTPError: how a handler says no by throwing.

public import ApusWire

/// An answer other than success, thrown by a handler: its status, a message that the
/// client may see, and fields.
public struct HTTPError: ResponseError, Sendable {
  /// The answer's status.
  public let status: Status
  /// The answer's text.
  public let message: String
  /// The answer's fields, such as `Retry-After`.
  public var fields: [ResponseField]

  /// `message` defaults to the status's reason.
  public init(_ status: Status, _ message: String? = nil, fields: [ResponseField] = []) {
    self.status = status
    self.message = message ?? status.reason
    self.fields = fields
  }
}
