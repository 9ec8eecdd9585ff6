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

  @Test func `IPv6 is listened on where the machine has it`() throws {
    guard let listeners = try? Listeners(ListenAddress(host: "::1", port: 0), count: 2) else { return }
    #expect(listeners.port > 0)
    closeAll(listeners)
  }
}
