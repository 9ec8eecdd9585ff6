// SecureRedirect: sends clients that come without TLS to the same URL with it.

import ApusEngine
import ApusWire

struct SecureRedirect {
  /// The port where TLS is spoken.
  let port: UInt16

  var handler: Handler {
    Handler(plan: { .answer(respond(to: $0)) }, respond: { respond(to: $0) })
  }

  /// 308 keeps the method (RFC 9110 section 15.4.9).
  private func respond(to request: borrowing Request) -> Response {
    guard let location = location(request),
      let response = Response.redirect(to: location, status: .permanentRedirect)
    else {
      return .text(
        "This port only redirects to https, and the request names no host.\n", status: .badRequest)
    }
    return response
  }

  /// The request's own URL with https, and this port; nil if it has no host, as HTTP/1.0 allows.
  private func location(_ request: borrowing Request) -> String? {
    let (head, bytes) = (request.head, request.bytes)
    let authority = Self.text(bytes.extracting(head.host.range))
    let host =
      authority.hasPrefix("[")
      ? authority.firstIndex(of: "]").map { authority[...$0] } : authority.prefix { $0 != ":" }
    guard let host, !host.isEmpty else { return nil }
    let path = head.path.count == 0 ? "/" : Self.text(bytes.extracting(head.path.range))
    let query = head.hasQuery ? "?" + Self.text(bytes.extracting(head.query.range)) : ""
    return "https://\(host)\(port == 443 ? "" : ":\(port)")\(path)\(query)"
  }

  private static func text(_ bytes: Span<UInt8>) -> String {
    String(decoding: [UInt8](copying: bytes), as: UTF8.self)
  }
}
