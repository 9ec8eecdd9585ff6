import ApusRing
import Testing

@Suite struct SocketAddressTests {
  @Test func `names and numbers are resolved, and what has no address says so`() throws {
    #expect(try SocketAddress.resolve(host: "::1", port: 80)[0].family == .v6)
    #expect(try SocketAddress.resolve(host: "127.0.0.1", port: 80).map(\.family) == [.v4])
    #expect(throws: ResolveError.self) { try SocketAddress.resolve(host: "not a host", port: 80) }
    #expect(SocketAddress(unixPath: "") == nil)
    #expect(SocketAddress(unixPath: String(repeating: "x", count: 108)) == nil)
  }
}
