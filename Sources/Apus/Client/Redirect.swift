// Redirect: where a response sends its caller, if anywhere (RFC 9110 section 15.4).

import ApusWire

struct Redirect: Sendable {
  let url: HTTPURL
  /// The next request is a GET without a body.
  let dropsBody: Bool

  /// nil if the response is none, or its Location cannot be made sense of: then it is the caller's to see.
  init?(_ response: borrowing ClientResponse, _ plan: RequestPlan) {
    let code = response.status.code
    guard [301, 302, 303, 307, 308].contains(code), let location = response.header("location"),
      let url = Self.resolve(location, against: plan.url)
    else { return nil }
    self.url = url
    dropsBody = plan.dropsBody(code)
  }

  /// A reference against the URL of the request that it came for (RFC 3986 section 5.2); http only, and with no name or
  /// password in it.
  static func resolve(_ location: String, against base: HTTPURL) -> HTTPURL? {
    let text: String
    if location.hasPrefix("//") {
      text = (base.scheme == .http ? "http:" : "https:") + location
    } else if let colon = location.firstIndex(of: ":"),
      location[..<colon].allSatisfy({ $0.isLetter || $0.isNumber || "+-.".contains($0) }),
      location.first?.isLetter == true
    {
      text = location
      guard location[colon...].hasPrefix("://") else { return nil }
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
    guard let url = try? HTTPURL(text), base.scheme == .http || url.scheme == .https, url.scheme == .http
    else {
      return nil
    }
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
