// A directory asked for without its slash: relative links in its index would lead astray, so the visitor is sent to the
// path with the slash.

import ApusEngine
import ApusWire

extension FileHandler {
  /// 301 to the request's own path with a slash behind it; the query goes along.
  func redirectToSlash(_ request: borrowing Request) -> Response {
    var response = refuse(.movedPermanently)
    response.fields = [ResponseField("Location", Self.location(request.path, request.head, request.query))]
    return response
  }

  /// A reference that cannot leave this host: exactly one slash in front (two would name another host, RFC 3986 4.2),
  /// and nothing unescaped but what a path may hold. A browser takes a backslash for a slash: it is escaped.
  static func location(_ path: Span<UInt8>, _ head: RequestHead, _ query: Span<UInt8>) -> String {
    let bytes = [UInt8](capacity: 3 * path.count + query.count + 3) { output in
      output.append(UInt8(ascii: "/"))
      var index = 0
      while index < path.count, path[index] == UInt8(ascii: "/") { index += 1 }
      while index < path.count {
        append(path[index], to: &output)
        index += 1
      }
      if output.count > 1 { output.append(UInt8(ascii: "/")) }
      if head.hasQuery {
        output.append(UInt8(ascii: "?"))
        output.append(copying: query)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func append(_ byte: UInt8, to output: inout OutputSpan<UInt8>) {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"),
      UInt8(ascii: "'"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"),
      UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "="), UInt8(ascii: ":"), UInt8(ascii: "@"):
      output.append(byte)
    default:
      output.append(UInt8(ascii: "%"))
      for digit in [byte >> 4, byte & 0x0F] {
        output.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "A") + digit - 10)
      }
    }
  }
}
