import ApusEngine
import Testing

/// K12: a key that leaves something out shares a connection that must not be shared.
@Suite struct PoolKeyTests {
  static let base = PoolKey(
    scheme: .https, host: "example.com", port: 443, serverName: "example.com", tlsConfiguration: 1,
    tunnel: PoolKey.Tunnel(to: "example.com:443", authorization: nil), localAddress: "10.0.0.1")

  static var variants: [PoolKey] {
    func changed(_ change: (inout PoolKey) -> Void) -> PoolKey {
      var key = base
      change(&key)
      return key
    }
    return [
      changed { $0.scheme = .http }, changed { $0.host = "example.org" }, changed { $0.port = 8443 },
      changed { $0.serverName = "other.example.com" }, changed { $0.serverName = nil },
      changed { $0.tlsConfiguration = 2 },
      changed { $0.tunnel = PoolKey.Tunnel(to: "example.com:8443", authorization: nil) },
      changed { $0.tunnel = PoolKey.Tunnel(to: "example.com:443", authorization: "Basic eA==") },
      changed { $0.tunnel = nil },
      changed { $0.localAddress = "10.0.0.2" }, changed { $0.localAddress = nil },
    ]
  }

  @Test func `connections are shared only where all of the key is equal`() {
    for variant in Self.variants {
      var pool = Pool()
      guard case .connect(let member) = pool.acquire(Self.base, for: 0, now: Tick(rawValue: 0)) else {
        Issue.record("an empty pool has a connection")
        return
      }
      pool.didConnect(member, now: Tick(rawValue: 0))
      _ = pool.release(member, keepsAlive: true, now: Tick(rawValue: 0))
      guard case .connect = pool.acquire(variant, for: 1, now: Tick(rawValue: 1)) else {
        Issue.record("\(variant) went over a connection of \(Self.base)")
        continue
      }
      #expect(pool.acquire(Self.base, for: 2, now: Tick(rawValue: 1)) == .reused(member))
      pool.checkInvariants()
    }
  }
}
