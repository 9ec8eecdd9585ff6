// A directory asked for without its slash: relative links in its index would lead astray, so the visitor is
// sent to the path with the slash.

import ApusEngine
import ApusWire

extension FileHandler {
  /// 301 to the request's own path with a slash behind it; the query goes along.
  func redirectToSlash(_ request: borrowing Request) -> Response {
    var response = refuse(.movedPermanently)
    response.fields = [ResponseField("Location", Self.location(request.path, request.head, request.query))]
    return response
  }

  /// A reference that cannot leave this host: exactly one slash in front (two would name another
  /// host, RFC 3986 4.2), and nothing unescaped but what a path may hold. A browser takes a backslash
  /// for a slash: it is escaped.
  static func location(_ path: Span<UInt8>, _ head: RequestHead, _ query: Span<UInt8>) -> String {
    let bytes = [UInt8](capacity: 3 * path.count + query.count + 3) { output in
      output.append(UInt8(ascii: "/"))
      TargetPath.write(withoutLeadingSlashes(path), into: &output)
      if output.count > 1 { output.append(UInt8(ascii: "/")) }
      if head.hasQuery {
        output.append(UInt8(ascii: "?"))
        output.append(copying: query)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
