// The constructors of responses for handlers.

package import ApusRing
public import ApusWire

extension Response {
  /// A text of the program itself; nothing is copied or allocated before the send.
  public static func `static`(_ text: consuming String, type: MediaType = .text) -> Response {
    Response.text(text, type: type)
  }

  /// A UTF-8 text.
  public static func text(
    _ text: consuming String, status: Status = .ok, type: MediaType = .text
  ) -> Response {
    if case .known(let known) = type.storage { return Response(status, known, body: .text(text)) }
    return Response(status: status, mediaType: type, body: .text(text))
  }

  /// Bytes; up to 16 KiB are copied after the head, more are sent in pieces.
  public static func bytes(
    _ bytes: consuming [UInt8], status: Status = .ok, type: MediaType = .octetStream
  ) -> Response {
    if case .known(let known) = type.storage { return Response(status, known, body: .bytes(bytes)) }
    return Response(status: status, mediaType: type, body: .bytes(bytes))
  }

  /// This response, marked repeatable before `until`; 0 means never. Only a rendered response changes.
  package func repeatable(until: Instant) -> Response {
    guard case .rendered(let bytes, _) = body, extras == nil else { return self }
    return Response(status, knownType, body: .rendered(bytes, repeatableUntil: until))
  }

  /// A response without content: 204, or another status with `Content-Length: 0`.
  public static func empty(_ status: Status = .noContent) -> Response {
    Response(status: status)
  }

  /// A response that redirects the client (RFC 9110 section 15.4). `location` is a URI reference.
  /// - Returns: nil if `location` cannot stand in a header field.
  public static func redirect(to location: String, status: Status = .found) -> Response? {
    guard let field = ResponseField(name: "Location", value: location) else { return nil }
    return Response(status: status, fields: [field])
  }

  /// The standard response for a status: its code and reason as text.
  public static func plain(_ status: Status) -> Response {
    .text("\(status.code) \(status.reason)\n", status: status)
  }

  /// The server's own response to OPTIONS (RFC 9110 section 9.3.7): the methods that it knows.
  package static var ownMethods: Response {
    .empty().adding(ResponseField("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"))
  }

  /// This response with one more field line.
  public func adding(_ field: ResponseField) -> Response {
    var copy = self
    copy.fields.append(field)
    return copy
  }
}
