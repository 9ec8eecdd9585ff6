// apus-micro-tls: what TLS costs without sockets. Both ends are in this process, and a time is that of the
// calls of one end alone: the median of some rounds. The client verifies nothing.
//
//     .build/release/apus-micro-tls       15 rounds
//     .build/release/apus-micro-tls 50    so many

import ApusEngine
import ApusHeapProbe
import ApusRing
import ApusTLS
import Glibc

/// The figures of one round, by name.
typealias Round = [(name: String, figure: Double)]

final class Bench {
  private static let requestBytes = 84
  private static let answerBytes = 1100
  private static let bulkBytes = 32 << 20

  private let acceptor: TLSAcceptor
  private let connector: TLSConnector
  private let bytes = OwnedBlock(16 << 10)

  init(at unixSeconds: Int64) {
    acceptor = TLSAcceptor(
      TLSServerConfiguration(
        certificates: .selfSigned(at: unixSeconds), ticketKeys: TicketKeys(at: unixSeconds)))
    connector = TLSConnector(TLSClientConfiguration(.off))
    _ = Pair(connector, acceptor, resumptionKey: "resumed")
  }

  func round() -> Round { handshakes(nil, "full") + handshakes("resumed", "resumed") + requests() + bulk() }

  private func handshakes(_ key: String?, _ name: String) -> Round {
    let count = 100
    var (server, client) = (0, 0) as (UInt64, UInt64)
    for _ in 0..<count {
      let pair = Pair(connector, acceptor, resumptionKey: key)
      precondition(pair.client.session.facts.isResumed == (key != nil), "not \(name)")
      server += pair.server.nanoseconds
      client += pair.client.nanoseconds
    }
    let each = Double(count) * 1000
    return [
      ("us, \(name) handshake, server", Double(server) / each),
      ("us, \(name) handshake, client", Double(client) / each),
    ]
  }

  private func requests() -> Round {
    let pair = Pair(connector, acceptor)
    let count = 20_000
    pair.server.restartClock()
    for _ in 0..<count {
      pair.client.send(bytes.block.readable(0..<Self.requestBytes))
      pair.server.receive(from: pair.client)
      pair.server.send(bytes.block.readable(0..<Self.answerBytes))
      pair.client.receive(from: pair.server)
    }
    return [
      (
        "us, a request of 84 and an answer of 1,100 bytes",
        Double(pair.server.nanoseconds) / Double(count) / 1000
      )
    ]
  }

  private func bulk() -> Round {
    let pair = Pair(connector, acceptor)
    pair.server.restartClock()
    pair.client.restartClock()
    var received = 0
    while received < Self.bulkBytes {
      for _ in 0..<3 { pair.server.send(bytes.block.readable(0..<(16 << 10))) }
      received += pair.client.receive(from: pair.server)
    }
    let gibibytes = Double(received) / Double(1 << 30)
    return [
      ("s/GiB, written in records of 16 KiB", Double(pair.server.nanoseconds) / gibibytes / 1e9),
      ("s/GiB, read", Double(pair.client.nanoseconds) / gibibytes / 1e9),
    ]
  }

  /// Heap bytes of a server's session after one request.
  func idleBytes() -> Int {
    let count = 500
    var sessions: [any SecureSession] = []
    sessions.reserveCapacity(count)
    let before = Int(apus_heap_bytes())
    for _ in 0..<count {
      let pair = Pair(connector, acceptor)
      pair.client.send(bytes.block.readable(0..<Self.requestBytes))
      pair.server.receive(from: pair.client)
      pair.server.send(bytes.block.readable(0..<Self.answerBytes))
      sessions.append(pair.server.session)
    }
    return (Int(apus_heap_bytes()) - before) / sessions.count
  }
}

let bench = Bench(at: Int64(time(nil)))
let wanted = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 15
let rounds = (0..<wanted).map { _ in bench.round() }
for index in rounds[0].indices {
  let figures = rounds.map { $0[index].figure }.sorted()
  let rounded = Double(Int((figures[wanted / 2] * 1000).rounded())) / 1000
  print("\(rounded) \(rounds[0][index].name)")
}
print("\(bench.idleBytes()) bytes, an idle session of a server")
