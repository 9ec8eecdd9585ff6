import ApusRing
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

  @Test func `all addresses of a name are listened at, each once, with one port`() throws {
    let all = try Listeners.all(["127.0.0.1", "127.0.0.2", "127.0.0.1"], port: 0, count: 2)
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
      let all = try Listeners.all(hosts, port: 0, count: 1)
      defer { all.forEach(closeAll) }
      #expect(all.count == 1 && all[0].port > 0)
    }
    #expect(throws: ListenError.addressNotAvailable) {
      _ = try Listeners.all(["192.0.2.1", "203.0.113.1"], port: 0, count: 1)
    }
  }

  @Test func `one address that is taken takes the whole name`() throws {
    let holder = try Listeners(ListenAddress(host: "127.0.0.3", port: 0), count: 1)
    defer { closeAll(holder) }
    #expect(throws: ListenError.addressInUse) {
      _ = try Listeners.all(["127.0.0.4", "127.0.0.3"], port: holder.port, count: 2)
    }
    // And nothing is left of the first.
    closeAll(try Listeners(ListenAddress(host: "127.0.0.4", port: holder.port), count: 1))
  }

  /// Asked of the system, not of what is tested.
  private static let hasIPv6: Bool = {
    let descriptor = socket(AF_INET6, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    address.sin6_addr = in6addr_loopback
    return withUnsafePointer(to: address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size)) == 0
      }
    }
  }()

  @Test(.enabled(if: hasIPv6, "this machine has no ::1"))
  func `both families are one name's`() throws {
    let all = try Listeners.all(["::1", "127.0.0.1"], port: 0, count: 1)
    #expect(all.count == 2 && all[0].port == all[1].port)
    all.forEach(closeAll)
  }

  @Test(.enabled(if: hasIPv6, "this machine has no ::1"))
  func `IPv6 is listened on`() throws {
    let listeners = try Listeners(ListenAddress(host: "::1", port: 0), count: 2)
    #expect(listeners.port > 0)
    closeAll(listeners)
  }
}
