import Apus
import Testing

@Suite struct ServerAddressTests {
  @Test(arguments: [
    ("127.0.0.1:8080", Server.Address.tcp("127.0.0.1", 8080)), ("[::1]:0", .tcp("::1", 0)),
    ("localhost:80", .tcp("localhost", 80)), ("unix:/run/a.sock", .unix("/run/a.sock", mode: 0o660)),
    ("unix:/a?mode=0600", .unix("/a", mode: 0o600)), ("unix:relative", .unix("relative", mode: 0o660)),
  ])
  func `an address is read from its text, and written as it was`(text: String, address: Server.Address) {
    #expect(Server.Address(text) == address)
    #expect(address.description == text)
  }

  @Test(arguments: [
    ("*:80", Server.Address.tcp("*", 80)), (":80", .tcp("*", 80)), ("80", .tcp("*", 80)),
    ("*", .tcp("*", 8080)),
    ("0", .tcp("*", 0)), ("[::]:80", .tcp("::", 80)), (":::80", .tcp("::", 80)), ("::", .tcp("::", 8080)),
    ("[::]", .tcp("::", 8080)), ("[::1]", .tcp("::1", 8080)), ("0.0.0.0", .tcp("0.0.0.0", 8080)),
    ("0.0.0.0:80", .tcp("0.0.0.0", 80)), ("localhost", .tcp("localhost", 8080)),
  ])
  func `everywhere has many spellings, and a port that is left out is 8080`(
    text: String, address: Server.Address
  ) {
    #expect(Server.Address(text) == address)
    #expect(Server.Address(address.description) == address)
  }

  @Test(arguments: [
    "", ":", "host:", "host:x", "host:65536", "65536", "::1:80", "::1", "[]:80", "[::1]80", "http://a:80",
    "/run/a",
    "unix:", "unix:?mode=0600",
    "unix:/a?mode=", "unix:/a?mode=0888", "unix:/a?mode=7777", "unix:/a?x=1",
  ])
  func `a text that is no address is refused`(text: String) {
    #expect(Server.Address(text) == nil)
  }

  @Test func `host and port stand for the first TCP address`() {
    var configuration = Server.Configuration(listen: [.unix("/a"), .tcp("::1", 1), .tcp("::1", 2)])
    #expect(configuration.host == "::1")
    #expect(configuration.port == 1)
    configuration.port = 9
    #expect(configuration.listen == [.unix("/a"), .tcp("::1", 9), .tcp("::1", 2)])
    configuration.listen = [.unix("/a")]
    configuration.host = "::1"
    #expect(configuration.listen == [.unix("/a"), .tcp("::1", 8080)])
  }
}
