// MediaType: the value of Content-Type.

/// A media type with its parameters (RFC 9110 8.3.1).
public struct MediaType: Equatable, Hashable, Sendable {
  /// As it stands in `Content-Type`.
  public let text: String

  /// Takes a type that the program wrote itself; traps if it is none, so that it cannot break out of its field line.
  public init(_ text: String) {
    guard let type = MediaType(validating: text) else { preconditionFailure("no media type: \(text)") }
    self = type
  }

  /// Takes a type from outside, such as a command line; nil unless it is `type/subtype`, with parameters or without.
  public init?(validating text: String) {
    let slash = text.utf8.firstIndex(of: ASCII.slash)
    let end = text.utf8.firstIndex(of: ASCII.semicolon) ?? text.utf8.endIndex
    guard let slash, slash < end, ResponseField(name: "Content-Type", value: text) != nil,
      Self.isToken(text.utf8[..<slash]), Self.isToken(text.utf8[text.utf8.index(after: slash)..<end])
    else { return nil }
    self.text = text
  }

  private static func isToken(_ text: Substring.UTF8View) -> Bool {
    !text.isEmpty && text.allSatisfy { $0.isIn(ByteClass.token) }
  }

  /// A type known to be well-formed.
  init(known text: String) { self.text = text }

  // Computed: a stored static costs a check of its initialisation at each use, and a reference count.

  /// `text/plain; charset=utf-8`
  public static var text: MediaType { MediaType(known: "text/plain; charset=utf-8") }
  /// `text/html; charset=utf-8`
  public static var html: MediaType { MediaType(known: "text/html; charset=utf-8") }
  /// `text/css; charset=utf-8`
  public static var css: MediaType { MediaType(known: "text/css; charset=utf-8") }
  /// `text/javascript; charset=utf-8`
  public static var javascript: MediaType { MediaType(known: "text/javascript; charset=utf-8") }
  /// `application/json`; UTF-8 by definition (RFC 8259 8.1)
  public static var json: MediaType { MediaType(known: "application/json") }
  /// `application/problem+json` (RFC 9457)
  public static var problemJSON: MediaType { MediaType(known: "application/problem+json") }
  /// `application/xml`
  public static var xml: MediaType { MediaType(known: "application/xml") }
  /// `application/octet-stream`
  public static var octetStream: MediaType { MediaType(known: "application/octet-stream") }
  /// `application/x-www-form-urlencoded`
  public static var form: MediaType { MediaType(known: "application/x-www-form-urlencoded") }
  /// `text/event-stream`
  public static var eventStream: MediaType { MediaType(known: "text/event-stream") }
  /// `image/svg+xml`
  public static var svg: MediaType { MediaType(known: "image/svg+xml") }
  /// `image/png`
  public static var png: MediaType { MediaType(known: "image/png") }
}
