// Redirect: where a response sends its caller, if anywhere (RFC 9110 section 15.4).

import ApusWire

struct Redirect: Sendable {
  let url: HTTPURL
  /// The next request is a GET without a body.
  let dropsBody: Bool

  /// Why a Location is not followed.
  struct Refusal: Error {
    /// As it may be shown.
    let location: String
    /// Part of a sentence.
    let why: String

    init(_ location: String, _ why: String) {
      self.location = HTTPURL.withoutSecrets(location)
      self.why = why
    }
  }

  /// nil if the response is none.
  /// - Throws: If its Location cannot be followed: then it is the caller's to see.
  init?(_ response: borrowing ClientResponse, _ plan: RequestPlan) throws(Refusal) {
    let code = response.status.code
    guard [301, 302, 303, 307, 308].contains(code), let location = Self.location(response) else { return nil }
    url = try Self.resolve(location, against: plan.url)
    guard url.scheme == .http || plan.speaksHTTPS else {
      throw Refusal(location, "the client has no security to speak https with")
    }
    dropsBody = plan.dropsBody(code)
  }

  /// The field's value. Bytes that no URL has are percent-encoded one by one: what is
  /// not UTF-8 stays what it is.
  private static func location(_ response: borrowing ClientResponse) -> String? {
    guard let slice = firstValue(of: "location", in: response.bytes, fields: response.fields) else {
      return nil
    }
    let value = response.bytes.extracting(slice.range)
    var text = ""
    for index in value.indices {
      let byte = value[index]
      if byte > 0x20, byte < 0x7F {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        text += URLEncoding.percent(byte)
      }
    }
    return text
  }

  /// A reference against the URL of the request that it came for (RFC 3986 section 5.2); http only, and with
  /// no name or password in it.
  private static func resolve(_ location: String, against base: HTTPURL) throws(Refusal) -> HTTPURL {
    let text: String
    if location.hasPrefix("//") {
      text = (base.scheme == .http ? "http:" : "https:") + location
    } else if let colon = location.firstIndex(of: ":"),
      location[..<colon].allSatisfy({ $0.isLetter || $0.isNumber || "+-.".contains($0) }),
      location.first?.isLetter == true
    {
      text = location
      guard location[colon...].hasPrefix("://") else {
        let isHTTP = ["http", "https"].contains(location[..<colon].lowercased())
        throw Refusal(location, (isHTTP ? HTTPURL.Fault.missingSlashes : .unsupportedScheme).explanation)
      }
    } else {
      let path = base.target.prefix { $0 != "?" }
      var target: String
      if location.hasPrefix("/") {
        target = location
      } else if location.hasPrefix("?") {
        target = path + location
      } else if location.isEmpty || location.hasPrefix("#") {
        target = base.target
      } else {
        target = path[...(path.lastIndex(of: "/") ?? path.startIndex)] + location
      }
      target = withoutDots(target)
      text = (base.scheme == .http ? "http://" : "https://") + base.authority + target
    }
    let url: HTTPURL
    do throws(HTTPURL.Fault) { url = try HTTPURL(text) } catch { throw Refusal(location, error.explanation) }
    return url
  }

  /// Removes `.` and `..` (RFC 3986 section 5.2.4).
  private static func withoutDots(_ target: String) -> String {
    let path = target.prefix { $0 != "?" && $0 != "#" }
    guard path.contains("/.") else { return target }
    var parts: [Substring] = []
    let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    for (offset, segment) in segments.enumerated() {
      let isLast = offset == segments.count - 1
      switch segment {
      case ".": if isLast { parts.append("") }
      case "..":
        _ = parts.popLast()
        if isLast { parts.append("") }
      default: parts.append(segment)
      }
    }
    return "/" + parts.joined(separator: "/") + target[path.endIndex...]
  }
}
