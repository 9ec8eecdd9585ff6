import ApusRing
import ApusTestSupport
import Glibc
import Testing

@Suite struct ListenersTests {
  private func closeAll(_ listeners: Listeners) {
    for descriptor in listeners.descriptors { close(descriptor) }
  }

  @Test func `port 0 gives all cores the same free port`() throws {
    let listeners = try Listeners(ListenAddress(host: "127.0.0.1", port: 0), count: 3)
    defer { closeAll(listeners) }
    #expect(listeners.port > 0)
    #expect(Set(listeners.descriptors).count == 3)
  }

  @Test func `a port that another server holds is taken, although both would share it`() throws {
    let holder = try Listeners(ListenAddress(host: "127.0.0.1", port: 0), count: 1)
    defer { closeAll(holder) }
    #expect(throws: ListenError.addressInUse) {
      _ = try Listeners(ListenAddress(host: "127.0.0.1", port: holder.port), count: 1)
    }
  }

  @Test func `a port is free again once its server is gone`() throws {
    let first = try Listeners(ListenAddress(host: "127.0.0.1", port: 0), count: 2)
    closeAll(first)
    let second = try Listeners(ListenAddress(host: "127.0.0.1", port: first.port), count: 2)
    #expect(second.port == first.port)
    closeAll(second)
  }

  @Test func `an address of nobody here is not available`() {
    // 192.0.2.0/24 is kept for documentation (RFC 5737).
    #expect(throws: ListenError.addressNotAvailable) {
      _ = try Listeners(ListenAddress(host: "192.0.2.1", port: 0), count: 1)
    }
  }

  @Test func `a host that is no address and no name is unknown`() {
    #expect(throws: ListenError.unknownHost("not a host")) {
      _ = try Listeners(ListenAddress(host: "not a host", port: 0), count: 1)
    }
  }

  /// Of one name that means several hosts.
  private func all(_ hosts: [String], port: UInt16 = 0, count: Int = 1) throws -> [Listeners] {
    try Listeners.all([ListenAddress(hosts: hosts, port: port)], count: count)
  }

  private func isFault(_ error: ListenError, entry: Int = 0) -> (any Error) -> Bool {
    { ($0 as? ListenFault)?.error == error && ($0 as? ListenFault)?.entry == entry }
  }

  @Test func `all addresses of a name are listened at, each once, with one port`() throws {
    let all = try all(["127.0.0.1", "127.0.0.2", "127.0.0.1"], count: 2)
    defer { all.forEach(closeAll) }
    #expect(all.count == 2 && Set(all.map(\.port)) == [all[0].port])
    #expect(Set(all.flatMap(\.descriptors)).count == 4)
    for host in ["127.0.0.1", "127.0.0.2"] {
      #expect(throws: ListenError.addressInUse) {
        _ = try Listeners(ListenAddress(host: host, port: all[0].port), count: 1)
      }
    }
  }

  @Test func `addresses that this machine does not have are left out, unless there is no other`() throws {
    for hosts in [["192.0.2.1", "127.0.0.1"], ["127.0.0.1", "192.0.2.1"]] {
      let all = try all(hosts)
      defer { all.forEach(closeAll) }
      #expect(all.count == 1 && all[0].port > 0)
    }
    #expect(
      performing: { _ = try all(["192.0.2.1", "203.0.113.1"]) }, throws: isFault(.addressNotAvailable))
  }

  @Test func `one address that is taken takes the whole name`() throws {
    let holder = try Listeners(ListenAddress(host: "127.0.0.3", port: 0), count: 1)
    defer { closeAll(holder) }
    #expect(
      performing: { _ = try all(["127.0.0.4", "127.0.0.3"], port: holder.port, count: 2) },
      throws: isFault(.addressInUse))
    // And nothing is left of the first.
    closeAll(try Listeners(ListenAddress(host: "127.0.0.4", port: holder.port), count: 1))
  }

  /// A port that nothing has at any address, at the moment.
  private func freePort() throws -> UInt16 {
    let everywhere = try Listeners(ListenAddress(host: "*", port: 0), count: 1)
    closeAll(everywhere)
    return everywhere.port
  }

  @Test(.enabled(if: LoopbackSocket.hasVersion6, "this machine has no ::1"), arguments: [true, false])
  func `both wildcards of one port go side by side, in either order`(isVersion6First: Bool) throws {
    for port in [0, try freePort()] {
      let addresses = ["0.0.0.0", "::"].map { ListenAddress(host: $0, port: port) }
      let made = try Listeners.all(isVersion6First ? addresses.reversed() : addresses, count: 2)
      defer { made.forEach(closeAll) }
      #expect(Set(made.map(\.socket.host)) == ["0.0.0.0", "::"])
      #expect(made[0].port == made[1].port && made[0].port > 0)
      #expect(!made.contains { $0.socket.takesBothFamilies })
      #expect(LoopbackSocket(connectingTo: made[0].port) != nil)
    }
  }

  @Test(.enabled(if: LoopbackSocket.hasVersion6, "this machine has no ::1"), arguments: ["::", "*"])
  func `one wildcard of IPv6 alone takes both families`(host: String) throws {
    let made = try all([host], count: 1)
    defer { made.forEach(closeAll) }
    #expect(made.map(\.socket.takesBothFamilies) == [true])
    #expect(LoopbackSocket(connectingTo: made[0].port) != nil, "IPv4")
    #expect(
      throws: ListenError.addressInUse, "both families are taken",
      performing: { _ = try Listeners(ListenAddress(host: "127.0.0.1", port: made[0].port), count: 1) })
  }

  @Test(arguments: [
    (["127.0.0.1", "127.0.0.1"], ["127.0.0.1"]), (["127.0.0.1", "0.0.0.0"], ["0.0.0.0"]),
    (["0.0.0.0", "127.0.0.1", "127.0.0.2"], ["0.0.0.0"]), (["0.0.0.0", "0.0.0.0"], ["0.0.0.0"]),
    (["127.0.0.1", "127.0.0.2"], ["127.0.0.1", "127.0.0.2"]),
  ])
  func `an address that another one covers has no own listener`(hosts: [String], bound: [String]) throws {
    let port = try freePort()
    let made = try Listeners.all(hosts.map { ListenAddress(host: $0, port: port) }, count: 1)
    defer { made.forEach(closeAll) }
    #expect(made.map(\.socket.host) == bound)
  }

  @Test(.enabled(if: LoopbackSocket.hasVersion6, "this machine has no ::1"))
  func `a wildcard of both families covers every address`() throws {
    let port = try freePort()
    for wildcard in ["::", "*"] {
      let hosts = ["127.0.0.1", "::1", wildcard, "localhost", "*"]
      let made = try Listeners.all(hosts.map { ListenAddress(host: $0, port: port) }, count: 1)
      defer { made.forEach(closeAll) }
      #expect(made.map(\.socket.host) == ["::"])
    }
  }

  @Test func `a fault names the address that has it`() throws {
    let good = ListenAddress(host: "127.0.0.1", port: 0)
    let holder = try Listeners(good, count: 1)
    defer { closeAll(holder) }
    for (bad, error) in [
      (ListenAddress(host: "192.0.2.1", port: 0), ListenError.addressNotAvailable),
      (ListenAddress(host: "not a host", port: 0), .unknownHost("not a host")),
      (ListenAddress(host: "127.0.0.1", port: holder.port), .addressInUse),
    ] {
      #expect(
        performing: { _ = try Listeners.all([good, good, bad, good], count: 1) },
        throws: isFault(error, entry: 2))
    }
  }

  @Test(.enabled(if: LoopbackSocket.hasVersion6, "this machine has no ::1"))
  func `both families are one name's`() throws {
    let all = try all(["::1", "127.0.0.1"])
    #expect(all.count == 2 && all[0].port == all[1].port)
    all.forEach(closeAll)
  }

  @Test(.enabled(if: LoopbackSocket.hasVersion6, "this machine has no ::1"))
  func `IPv6 is listened on`() throws {
    let listeners = try Listeners(ListenAddress(host: "::1", port: 0), count: 2)
    #expect(listeners.port > 0)
    closeAll(listeners)
  }
}
