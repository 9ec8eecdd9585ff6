// KnownMediaType: the types that answers made by handlers mostly have, as one byte. Responses are
// built, passed on and dropped for every request; a type that is a String would be retained and
// released at each of these steps.

/// A media type that `MediaType` has a name for.
package enum KnownMediaType: UInt8, CaseIterable, Sendable {
  case text, html, css, javascript, json, problemJSON, xml, octetStream, form, eventStream, svg, png

  /// The field line that names the type, without its CRLF.
  var line: StaticString {
    switch self {
    case .text: "Content-Type: text/plain; charset=utf-8"
    case .html: "Content-Type: text/html; charset=utf-8"
    case .css: "Content-Type: text/css; charset=utf-8"
    case .javascript: "Content-Type: text/javascript; charset=utf-8"
    case .json: "Content-Type: application/json"
    case .problemJSON: "Content-Type: application/problem+json"
    case .xml: "Content-Type: application/xml"
    case .octetStream: "Content-Type: application/octet-stream"
    case .form: "Content-Type: application/x-www-form-urlencoded"
    case .eventStream: "Content-Type: text/event-stream"
    case .svg: "Content-Type: image/svg+xml"
    case .png: "Content-Type: image/png"
    }
  }

  /// Bytes of `Content-Type: `.
  private static let nameBytes = 14

  private var value: Span<UInt8> {
    @_lifetime(immortal)
    get { line.span.extracting(droppingFirst: Self.nameBytes) }
  }

  /// The type itself.
  var text: String { String(line.description.dropFirst(Self.nameBytes)) }

  /// The known type that is written like this.
  init?(text: String) {
    let wanted = text.utf8.span
    for known in Self.allCases where known.value.equals(wanted) {
      self = known
      return
    }
    return nil
  }
}
