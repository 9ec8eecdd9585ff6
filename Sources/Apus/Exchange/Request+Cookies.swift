// The cookies that came with a request (RFC 6265 section 4.2).

public import ApusEngine
import ApusWire

extension Request {
  /// The value of the first cookie with this name, without quotes around it; nil if there is none. One
  /// allocation if it is longer than 15 bytes.
  public func cookie(_ name: String) -> String? {
    guard head.known.contains(.cookie) else { return nil }
    let wanted = name.utf8.span
    var line = 0
    while let found = nextValue(of: "cookie", from: line, in: bytes, fields: fields) {
      let value = bytes.extracting(found.value.range)
      var pairs = CookiePairs(value)
      while let pair = pairs.next() {
        if value.extracting(pair.name).equals(wanted) { return String(copying: value.extracting(pair.value)) }
      }
      line = found.index + 1
    }
    return nil
  }

  /// All cookies, in order; a name may come more than once, for paths that lie within each other.
  public var cookies: [(name: String, value: String)] {
    guard head.known.contains(.cookie) else { return [] }
    var cookies: [(name: String, value: String)] = []
    var line = 0
    while let found = nextValue(of: "cookie", from: line, in: bytes, fields: fields) {
      let value = bytes.extracting(found.value.range)
      var pairs = CookiePairs(value)
      while let pair = pairs.next() {
        cookies.append(
          (String(copying: value.extracting(pair.name)), String(copying: value.extracting(pair.value))))
      }
      line = found.index + 1
    }
    return cookies
  }
}
