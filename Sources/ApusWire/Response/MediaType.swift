// MediaType: the value of Content-Type.

/// A media type with its parameters (RFC 9110 8.3.1).
public struct MediaType: Equatable, Hashable, Sendable {
  /// As it stands in `Content-Type`.
  public let text: String

  /// Takes a type that the program wrote itself; traps if it could break out of its field line.
  public init(_ text: String) {
    precondition(!text.isEmpty && ResponseField(name: "Content-Type", value: text) != nil, "no media type")
    self.text = text
  }

  /// A type known to be well-formed.
  init(known text: String) { self.text = text }

  /// `text/plain; charset=utf-8`
  public static let text = MediaType(known: "text/plain; charset=utf-8")
  /// `text/html; charset=utf-8`
  public static let html = MediaType(known: "text/html; charset=utf-8")
  /// `text/css; charset=utf-8`
  public static let css = MediaType(known: "text/css; charset=utf-8")
  /// `text/javascript; charset=utf-8`
  public static let javascript = MediaType(known: "text/javascript; charset=utf-8")
  /// `application/json`; UTF-8 by definition (RFC 8259 8.1)
  public static let json = MediaType(known: "application/json")
  /// `application/problem+json` (RFC 9457)
  public static let problemJSON = MediaType(known: "application/problem+json")
  /// `application/xml`
  public static let xml = MediaType(known: "application/xml")
  /// `application/octet-stream`
  public static let octetStream = MediaType(known: "application/octet-stream")
  /// `application/x-www-form-urlencoded`
  public static let form = MediaType(known: "application/x-www-form-urlencoded")
  /// `text/event-stream`
  public static let eventStream = MediaType(known: "text/event-stream")
  /// `image/svg+xml`
  public static let svg = MediaType(known: "image/svg+xml")
  /// `image/png`
  public static let png = MediaType(known: "image/png")
}
