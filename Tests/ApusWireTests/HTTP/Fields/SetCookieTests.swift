import ApusWire
import Testing

@Suite struct SetCookieTests {
  @Test func `the defaults are the careful ones`() throws {
    let field = try ResponseField.setCookie("session", "abc")
    #expect(field.name == "Set-Cookie")
    #expect(field.value == "session=abc; Path=/; Secure; HttpOnly; SameSite=Lax")
  }

  @Test func `every attribute can be said or left out`() throws {
    let all = try ResponseField.setCookie(
      "a", "b", path: "/x", domain: "example.com", maxAge: .seconds(90.9), isSecure: true, isHTTPOnly: false,
      sameSite: SameSite.none)
    #expect(all.value == "a=b; Path=/x; Domain=example.com; Max-Age=90; Secure; SameSite=None")
    let none = try ResponseField.setCookie(
      "a", "", path: nil, isSecure: false, isHTTPOnly: false, sameSite: nil)
    #expect(none.value == "a=")
    #expect(try ResponseField.setCookie("a", "", maxAge: .zero).value.contains("Max-Age=0;"))
    #expect(try ResponseField.setCookie("a", "", maxAge: .seconds(-5)).value.contains("Max-Age=0;"))
  }

  @Test(arguments: ["", "a b", "a=b", "a;b", "ä", "a\r\n"]) func `a name that is no token is refused`(
    name: String
  ) {
    #expect(throws: CookieFault.name) { try ResponseField.setCookie(name, "x") }
  }

  @Test(arguments: ["a b", "a;b", "a,b", "\"a\"", "a\\b", "ä", "a\r\nX: y", "\u{7f}"])
  func `a value that would not come back is refused`(value: String) {
    #expect(throws: CookieFault.value) { try ResponseField.setCookie("a", value) }
  }

  @Test(arguments: ["", "x", "/a;b", "/a\n"]) func `a path that is none is refused`(path: String) {
    #expect(throws: CookieFault.path) { try ResponseField.setCookie("a", "b", path: path) }
  }

  @Test(arguments: ["", "a..b", "a b", "a;b", ".", "a/b"]) func `a domain that is no host name is refused`(
    domain: String
  ) {
    #expect(throws: CookieFault.domain) { try ResponseField.setCookie("a", "b", domain: domain) }
  }

  @Test func `prefixes and SameSite=None ask for what browsers ask for`() throws {
    #expect(throws: CookieFault.attributes) {
      try ResponseField.setCookie("a", "b", isSecure: false, sameSite: SameSite.none)
    }
    #expect(throws: CookieFault.attributes) {
      try ResponseField.setCookie("__Secure-a", "b", isSecure: false)
    }
    #expect(throws: CookieFault.attributes) {
      try ResponseField.setCookie("__Host-a", "b", domain: "example.com")
    }
    #expect(throws: CookieFault.attributes) { try ResponseField.setCookie("__host-a", "b", path: "/x") }
    #expect(try ResponseField.setCookie("__Host-a", "b").value.hasPrefix("__Host-a=b; Path=/; Secure"))
  }
}
