// SocketTransport: servers on threads of their own, and plain sockets to the one under test.

import Apus
import ApusEngine
import ApusRing

final class SocketTransport: TestTransport, Sendable {
  private let server: RunningServer
  private let upstreams: [RunningServer]
  private let connections = Lock<[SocketConnection]>([])

  init(
    _ router: Router, _ upstreams: [TestUpstream], _ configuration: Server.Configuration,
    _ address: Server.Address
  ) throws {
    let book = AddressBook(isComplete: false)
    var running: [RunningServer] = []
    do {
      for upstream in upstreams {
        let server = try Self.start(upstream.router, Server.Configuration(), .tcp("127.0.0.1", 0), book)
        running.append(server)
        guard let address = SocketAddress.numeric(host: "127.0.0.1", port: server.port) else {
          preconditionFailure("an address of numbers has no name to look up")
        }
        book.add(upstream.host, upstream.port, address)
      }
      server = try Self.start(router, configuration, address, book)
    } catch {
      Self.end(running, inHaste: true)
      throw error
    }
    self.upstreams = running
  }

  private static func start(
    _ router: Router, _ configuration: Server.Configuration, _ address: Server.Address, _ book: AddressBook
  ) throws -> RunningServer {
    var configuration = configuration
    configuration.listen = [address]
    configuration.cores = .count(1)
    configuration.timeouts.drainIdle = .milliseconds(10)
    configuration.addressBook = book
    return try Server(router, configuration: configuration).start()
  }

  func begin(_ pieces: [[UInt8]], method: String) throws -> TestExchange.Place {
    if let place = beginOnFree(pieces, method) { return place }
    let fresh = try SocketConnection(server.addresses[0])
    let place = TestExchange.Place(connection: fresh, number: fresh.send(pieces, method: method))
    connections.withLock { $0.append(fresh) }
    return place
  }

  /// Sends the request on a free connection; nil if there is none. One lock covers the search and the use,
  /// because two tasks would find one connection otherwise.
  private func beginOnFree(_ pieces: [[UInt8]], _ method: String) -> TestExchange.Place? {
    connections.withLock { connections in
      // The server may have closed one for being idle: a test among many may stand still
      // for longer than that takes.
      connections.removeAll { $0.hasEnded }
      return connections.last { $0.isFree }.map {
        TestExchange.Place(connection: $0, number: $0.send(pieces, method: method))
      }
    }
  }

  func settle() {}

  func pass(_ duration: Duration) throws { throw TestServerError.noVirtualTime }

  func end(inHaste: Bool) async -> [String] {
    for connection in connections.withLock(\.self) { connection.end() }
    return Self.end([server] + upstreams, inHaste: inHaste)
  }

  /// Ends those that ask before those that are asked.
  @discardableResult
  private static func end(_ servers: [RunningServer], inHaste: Bool) -> [String] {
    var findings: [String] = []
    for server in servers {
      if inHaste { server.stop() } else { server.drain() }
      let summary = server.wait()
      let closed = summary.closes.reduce(0) { $0 + $1.count }
      if closed != summary.connections {
        findings.append("\(summary.connections) connections were accepted, \(closed) closed")
      } else if summary.wasForced {
        findings.append("connections had to be reset")
      }
    }
    return findings
  }
}
