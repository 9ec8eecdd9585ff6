// HTTPError: how a handler says no by throwing.

public import ApusWire

/// An answer other than success, thrown by a handler: its status, and a message that the client may see.
public struct HTTPError: Error, Sendable {
  /// The answer's status.
  public let status: Status
  /// The answer's text.
  public let message: String

  /// `message` defaults to the status's reason.
  public init(_ status: Status, _ message: String? = nil) {
    self.status = status
    self.message = message ?? status.reason
  }
}
