// Trailer fields: what may stand behind the last chunk (RFC 9110 section 6.5.1), and reading what did.

extension ResponseField {
  /// Names that frame, route, authenticate or describe a message must come before it.
  private static let forbidden: Set<String> = [
    "age", "authorization", "cache-control", "connection", "content-encoding", "content-length",
    "content-location",
    "content-range", "content-type", "cookie", "date", "expect", "expires", "host", "if-match",
    "if-modified-since",
    "if-none-match", "if-range", "if-unmodified-since", "keep-alive", "location", "max-forwards", "pragma",
    "proxy-authenticate", "proxy-authorization", "proxy-connection", "range", "retry-after", "set-cookie",
    "te",
    "trailer", "transfer-encoding", "upgrade", "vary", "warning", "www-authenticate",
  ]

  /// The field may stand in a trailer.
  package var isAllowedInTrailers: Bool { !Self.forbidden.contains(name.lowercased()) }

  /// The fields of a trailer section that a `BodyDecoder` has found well-formed; forbidden ones are left out.
  package static func trailers(in section: Span<UInt8>) -> [ResponseField] {
    let bytes = [UInt8](capacity: section.count) { FoldedLines.unfold(section, into: &$0) }
    var fields: [ResponseField] = []
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
      let isBlank = { (byte: UInt8) in byte == 32 || byte == 9 || byte == 13 }
      var value = line[(colon + 1)...].drop(while: isBlank)
      while let last = value.last, isBlank(last) { value.removeLast() }
      let field = ResponseField(
        name: String(decoding: line[..<colon], as: UTF8.self), value: String(decoding: value, as: UTF8.self))
      if let field, field.isAllowedInTrailers { fields.append(field) }
    }
    return fields
  }
}
