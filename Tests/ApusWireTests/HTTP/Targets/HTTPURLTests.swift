import ApusWire
import Testing

/// URLs that requests can be made to.
struct HTTPURLTests {
  @Test(
    arguments: [
      ("http://example.com", "http", "example.com", 80, "/"),
      ("HTTP://EXAMPLE.com/", "http", "example.com", 80, "/"),
      ("https://example.com/a?b=c#d", "https", "example.com", 443, "/a?b=c"),
      ("http://[::1]:8080/x", "http", "::1", 8080, "/x"), ("127.0.0.1:9/", "http", "127.0.0.1", 9, "/"),
      ("http://h?q", "http", "h", 80, "/?q"), ("http://h#f", "http", "h", 80, "/"),
      ("http://h/a b/\u{E9}", "http", "h", 80, "/a%20b/%C3%A9"), ("http://h:80/", "http", "h", 80, "/"),
      ("localhost/x://y", "http", "localhost", 80, "/x://y"),
    ])
  func `a url is taken apart`(text: String, scheme: String, host: String, port: Int, target: String) throws {
    let url = try HTTPURL(text)
    #expect((url.scheme == .http ? "http" : "https") == scheme)
    #expect(url.host == host)
    #expect(url.port == UInt16(port))
    #expect(url.target == target)
  }

  @Test(
    arguments: [
      ("ftp://h/", HTTPURL.Fault.unsupportedScheme), ("http://user:pass@h/", .userinfo),
      ("http://good@evil/", .userinfo), ("http:/h/", .missingSlashes), ("HTTPS:/h", .missingSlashes),
      ("http:127.0.0.1:80/", .missingSlashes), ("http:h", .missingSlashes), ("http:", .missingSlashes),
      ("http://", .invalidHost), ("http:///x", .invalidHost), ("http://h:0/", .invalidPort),
      ("http://h:70000/", .invalidPort), ("http://h:x/", .invalidPort), ("http://a b/", .invalidHost),
      ("http://[::1/", .invalidHost), ("http://h/\r\nX: y", .invalidTarget),
      ("http://h/\u{0}", .invalidTarget),
      ("http://h/\u{7F}", .invalidTarget), ("", .invalidHost),
    ])
  func `what is none is refused for a reason`(text: String, fault: HTTPURL.Fault) {
    #expect(throws: fault) { try HTTPURL(text) }
  }

  @Test(
    arguments: [
      ("http://ana:secret@h/x", "http://***@h/x"), ("http://ana@h", "http://***@h"),
      ("ana:secret@h/", "***@h/"),
      ("http://ana:se/cr@et@h/", "http://***@h/"), ("http://a:b/c@h/x", "http://***@h/x"),
      ("http://h/@scope/name", "http://h/@scope/name"), ("http://h:8080/?a=b@c", "http://h:8080/?a=b@c"),
      ("http://h/", "http://h/"), ("", ""), ("@", "***@"), ("https://a:b@[::1]:1/", "https://***@[::1]:1/"),
    ])
  func `a url is shown without the name and the password in it`(text: String, shown: String) {
    #expect(HTTPURL.withoutSecrets(text) == shown)
  }

  @Test func `the authority leaves the scheme's port out`() throws {
    #expect(try HTTPURL("http://h:80/").authority == "h")
    #expect(try HTTPURL("http://h:443/").authority == "h:443")
    #expect(try HTTPURL("https://[::1]:443/").authority == "[::1]")
    #expect(try HTTPURL("https://[::1]:444/x").text == "https://[::1]:444/x")
  }
}
