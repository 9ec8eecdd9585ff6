// Set-Cookie (RFC 6265 section 4.1): what a server may say of a cookie, checked before it is said.

/// Why a cookie cannot be set.
public enum CookieFault: Error, Equatable, Sendable {
  /// The name is not a token.
  case name
  /// The value holds white space, a quote, a comma, a semicolon, a backslash, or what is
  /// not ASCII: encode it first.
  case value
  /// The path does not begin with a slash, or holds a semicolon or a control character.
  case path
  /// The domain is not a host name.
  case domain
  /// `SameSite=None` and the prefixes `__Secure-` and `__Host-` need `Secure`; `__Host-` needs
  /// the path `/` and no domain.
  case attributes
}

/// Which requests from other sites carry a cookie.
public enum SameSite: String, Sendable {
  /// None.
  case strict = "Strict"
  /// Those that a person makes by following a link.
  case lax = "Lax"
  /// All. Only with `Secure`.
  case none = "None"
}

extension ResponseField {
  /// A `Set-Cookie` field. The defaults are the careful ones: the whole site, until the browser ends, over
  /// TLS only, out of scripts' reach, not for requests that other sites make.
  ///
  /// - Parameters:
  ///   - value: sent as it is; percent-encode what is not plain.
  ///   - domain: nil for this host alone.
  ///   - maxAge: rounded down to seconds; nil until the browser ends, zero to delete the cookie.
  public static func setCookie(
    _ name: String, _ value: String, path: String? = "/", domain: String? = nil, maxAge: Duration? = nil,
    isSecure: Bool = true, isHTTPOnly: Bool = true, sameSite: SameSite? = .lax
  ) throws(CookieFault) -> ResponseField {
    guard !name.isEmpty, name.utf8.allSatisfy({ $0.isIn(ByteClass.token) }) else { throw .name }
    guard value.utf8.allSatisfy(isCookieOctet) else { throw .value }
    var text = "\(name)=\(value)"
    if let path {
      guard path.hasPrefix("/"), path.utf8.allSatisfy(isAttributeOctet) else { throw .path }
      text += "; Path=\(path)"
    }
    if let domain {
      guard isHostName(domain) else { throw .domain }
      text += "; Domain=\(domain)"
    }
    if let maxAge { text += "; Max-Age=\(max(0, maxAge.components.seconds))" }
    let isHostCookie = name.lowercased().hasPrefix("__host-")
    let needsSecure = isHostCookie || name.lowercased().hasPrefix("__secure-") || sameSite == SameSite.none
    guard isSecure || !needsSecure, !isHostCookie || path == "/" && domain == nil else { throw .attributes }
    if isSecure { text += "; Secure" }
    if isHTTPOnly { text += "; HttpOnly" }
    if let sameSite { text += "; SameSite=\(sameSite.rawValue)" }
    guard let field = ResponseField(name: "Set-Cookie", value: text) else { throw .value }
    return field
  }

  /// cookie-octet (RFC 6265 section 4.1.1).
  private static func isCookieOctet(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x21, 0x23...0x2B, 0x2D...0x3A, 0x3C...0x5B, 0x5D...0x7E: true
    default: false
    }
  }

  private static func isAttributeOctet(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte < 0x7F && byte != ASCII.semicolon
  }

  /// Labels of letters, digits and dashes between dots; a dot in front is what old servers wrote.
  private static func isHostName(_ text: String) -> Bool {
    let labels = (text.hasPrefix(".") ? text.dropFirst() : text[...]).split(
      separator: ".", omittingEmptySubsequences: false)
    return labels.allSatisfy { label in
      !label.isEmpty
        && label.utf8.allSatisfy { $0.isDigit || ($0.lowercased &- 0x61) < 26 || $0 == ASCII.dash }
    }
  }
}
