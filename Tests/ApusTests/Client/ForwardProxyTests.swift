import Apus
import Testing

/// Which hosts are asked directly, by what `no_proxy` has.
@Suite struct ForwardProxyTests {
  @Test(
    arguments: [
      ("example.org", "example.org", true), ("example.org", "www.example.org", true),
      ("example.org", "badexample.org", false), (".example.org", "example.org", true),
      (".example.org", "a.b.example.org", true), ("Example.ORG.", "example.org", true),
      ("org", "example.org", true),
      ("a, b c", "b", true), ("a, b c", "c", true), ("a,b", "d", false), ("", "a", false), ("*", "a", true),
      (",,", "a", false), ("localhost", "127.0.0.1", false), ("127.0.0.1", "127.0.0.1", true),
      ("10.0.0.0/8", "10.200.3.4", true), ("10.0.0.0/8", "11.0.0.1", false),
      ("10.0.0.0/12", "10.15.0.1", true),
      ("10.0.0.0/12", "10.16.0.1", false), ("10.0.0.1/32", "10.0.0.2", false), ("0.0.0.0/0", "9.9.9.9", true),
      ("10.0.0.0/33", "10.0.0.0", false), ("10.0.0.0/x", "10.0.0.0", false), ("[::1]", "::1", true),
      ("::1", "::1", true), ("0:0::1", "::1", true), ("fe80::/10", "fe80::1", true),
      ("fe80::/10", "fec0::1", false),
      ("0.0.0.1", "::1", false), ("0.0.0.0/0", "::1", false),
    ])
  func `an entry is a name with all names in it, an address or a network`(
    text: String, host: String, isExempt: Bool
  ) {
    #expect(ForwardProxy.Exemptions(text).contains(host) == isExempt)
  }

  @Test(
    arguments: [
      ("h", "h:1080"), ("h:3128", "h:3128"), ("http://h:3128/", "h:3128"), ("HTTP://a:b@H:80", "h:80"),
      ("[::1]", "[::1]:1080"), ("http://[::1]:8080", "[::1]:8080"), ("a:p@ss@h", "h:1080"),
    ])
  func `a proxy is a host with a port, 1080 where none is named`(text: String, name: String) throws {
    #expect(try ForwardProxy(text).name == name)
  }

  @Test(arguments: ["", "socks5h://h", "https://h:1", "http://", "h:0", "h:x", "a b", "http://h\r\n"])
  func `a proxy of an unknown kind is refused`(text: String) {
    #expect(throws: ForwardProxy.Fault.self) { try ForwardProxy(text) }
  }
}
