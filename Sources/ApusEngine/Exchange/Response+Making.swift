// The answers that handlers make.

package import ApusRing
public import ApusWire

extension Response {
  /// A text that the program itself holds; nothing is copied or allocated before the send.
  public static func `static`(_ text: consuming String, type: MediaType = .text) -> Response {
    Response.text(text, type: type)
  }

  /// A text; UTF-8.
  public static func text(
    _ text: consuming String, status: Status = .ok, type: MediaType = .text
  ) -> Response {
    if case .known(let known) = type.storage { return Response(status, known, body: .text(text)) }
    return Response(status: status, mediaType: type, body: .text(text))
  }

  /// Bytes; up to 16 KiB are copied behind the head, more are sent in pieces.
  public static func bytes(
    _ bytes: consuming [UInt8], status: Status = .ok, type: MediaType = .octetStream
  ) -> Response {
    if case .known(let known) = type.storage { return Response(status, known, body: .bytes(bytes)) }
    return Response(status: status, mediaType: type, body: .bytes(bytes))
  }

  /// The same answer, called repeatable until then; 0 for never. Any but a rendered one stays as it is.
  package func repeatable(until: Instant) -> Response {
    guard case .rendered(let bytes, _) = body, extras == nil else { return self }
    return Response(status, knownType, body: .rendered(bytes, repeatableUntil: until))
  }

  /// An answer with no content: 204, or another status with `Content-Length: 0`.
  public static func empty(_ status: Status = .noContent) -> Response {
    Response(status: status)
  }

  /// An answer that sends the client elsewhere (RFC 9110 section 15.4). `location` is a URI reference.
  /// - Returns: nil if `location` cannot stand in a header field.
  public static func redirect(to location: String, status: Status = .found) -> Response? {
    guard let field = ResponseField(name: "Location", value: location) else { return nil }
    return Response(status: status, fields: [field])
  }

  /// The standard answer for a status: its code and reason as text.
  public static func plain(_ status: Status) -> Response {
    .text("\(status.code) \(status.reason)\n", status: status)
  }

  /// What a server says of itself to OPTIONS (RFC 9110 section 9.3.7): the methods that it knows.
  package static var ownMethods: Response {
    .empty().adding(ResponseField("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"))
  }

  /// The same answer with one more field line.
  public func adding(_ field: ResponseField) -> Response {
    var copy = self
    copy.fields.append(field)
    return copy
  }
}
