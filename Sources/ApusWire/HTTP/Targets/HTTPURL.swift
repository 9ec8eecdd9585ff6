// HTTPURL: an http or https URL taken apart (RFC 9110 4.2, RFC 3986 3), for whoever makes requests. Made once
// per URL, so it may allocate.

/// A URL that a request can be made to.
package struct HTTPURL: Hashable, Sendable {
  /// Why a text is none.
  package enum Fault: Error, Equatable, Sendable {
    case unsupportedScheme
    /// `http:/host`, `http:host`.
    case missingSlashes
    /// A name or password in front of the host: a way to make one host look like another (RFC 9110 4.2.4).
    case userinfo
    case invalidHost
    case invalidPort
    /// A control character; everything else that has no place in a target is percent-encoded.
    case invalidTarget

    /// What is wrong with the URL, as part of a sentence.
    package var explanation: String {
      switch self {
      case .unsupportedScheme: "its scheme is not http"
      case .missingSlashes: "behind its scheme // and a host are missing"
      case .userinfo: "user names and passwords do not belong in URLs"
      case .invalidHost: "its host is missing or malformed"
      case .invalidPort: "its port is not a number from 1 to 65535"
      case .invalidTarget: "it has a control character in it"
      }
    }
  }

  package enum Scheme: UInt8, Sendable { case http, https }

  package var scheme: Scheme
  /// In lower case; an IPv6 address without its brackets.
  package var host: String
  package var port: UInt16
  /// Path and query as they go into the request line; at least `/`.
  package var target: String

  /// Reads a URL. A fragment is dropped: it is never sent.
  package init(_ text: String) throws(Fault) {
    var rest = text[...]
    scheme = .http
    if let range = text.firstRange(of: "://"),
      !text[..<range.lowerBound].contains(where: { "/?#".contains($0) })
    {
      switch text[..<range.lowerBound].lowercased() {
      case "http": break
      case "https": scheme = .https
      default: throw .unsupportedScheme
      }
      rest = text[range.upperBound...]
    }
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    rest = rest[authority.endIndex...]
    if authority.contains("@") { throw .userinfo }
    if authority.startIndex == text.startIndex, Self.isScheme(authority) { throw .missingSlashes }
    let bytes = Array(authority.utf8)
    guard let field = HostField(bytes.span) else {
      // Whatever stands behind the last colon is what is wrong, if the rest would do.
      let colon = bytes.lastIndex(of: ASCII.colon) ?? 0
      throw HostField(bytes.span.extracting(0..<colon)) == nil ? .invalidHost : .invalidPort
    }
    var name = authority.prefix(field.nameCount).lowercased()
    if name.hasPrefix("[") { name = String(name.dropFirst().dropLast()) }
    host = name
    port = field.port ?? (scheme == .http ? 80 : 443)
    guard port != 0 else { throw .invalidPort }
    target = try Self.target(rest)
  }

  /// `http:` and no port behind it: the slashes are missing, and no host has that name.
  private static func isScheme(_ authority: Substring) -> Bool {
    let parts = authority.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, ["http", "https"].contains(parts[0].lowercased()) else { return false }
    return parts[1].isEmpty || !parts[1].allSatisfy(\.isNumber)
  }

  /// `host:port` as the Host field has it: without the scheme's own port, an IPv6 address in brackets.
  package var authority: String {
    let name = host.contains(":") ? "[\(host)]" : host
    return port == (scheme == .http ? 80 : 443) ? name : "\(name):\(port)"
  }

  /// The whole URL.
  package var text: String { "\(scheme == .http ? "http" : "https")://\(authority)\(target)" }

  /// A URL, or what was meant for one, as it may be shown: a name and a password in
  /// front of its host are `***`.
  package static func withoutSecrets(_ text: String) -> String {
    let start = text.firstRange(of: "://")?.upperBound ?? text.startIndex
    let authority = text[start...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    let bytes = Array(authority.utf8)
    // A password may have a slash in it, though no authority may.
    let place =
      authority.lastIndex(of: "@") ?? (HostField(bytes.span) == nil ? text[start...].lastIndex(of: "@") : nil)
    guard let place else { return text }
    return text[..<start] + "***" + text[place...]
  }

  private static func target(_ text: Substring) throws(Fault) -> String {
    var target = text.hasPrefix("/") ? "" : "/"
    for byte in text.utf8 {
      if byte == ASCII.hash { break }
      guard byte >= ASCII.space, byte != ASCII.delete else { throw .invalidTarget }
      if byte.isIn(ByteClass.target) {
        target.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        let digits = String(byte, radix: 16, uppercase: true)
        target += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
      }
    }
    return target
  }
}
