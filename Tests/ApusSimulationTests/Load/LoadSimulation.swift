// LoadSimulation: a load generator's thread in the simulated world, against peers that play
// servers, in virtual time.

import ApusEngine
import ApusRing
import ApusTesting
import ApusWire

struct LoadSimulation: ~Copyable {
  let kernel: SimulatedKernel
  var core: LoadCore<SimulatedRing>
  private let book = Book()

  /// Latencies, in nanoseconds.
  private final class Book { var latencies: [UInt64] = [] }

  static let request = Array("GET / HTTP/1.1\r\nHost: s\r\n\r\n".utf8)

  init(
    _ plan: LoadPlan, servers: [SimulatedPeer], seed: UInt64 = 1, faults: Faults = .none,
    _ configure: (inout SimulatedKernel.Configuration) -> Void = { _ in }
  ) {
    var configuration = SimulatedKernel.Configuration(seed: seed, faults: faults)
    configuration.ownSlotCount = plan.connections
    configuration.bufferCount = 256
    configure(&configuration)
    kernel = SimulatedKernel(configuration)
    for server in servers { kernel.serve(server) }
    let book = book
    core = LoadCore(driver: SimulatedRing(kernel), plan: plan, progress: LoadProgress()) { latencies in
      for index in latencies.indices { book.latencies.append(latencies[index]) }
    }
  }

  static func plan(
    connections: Int, pipeline: Int = 1, pace: Pace = .closed, duration: UInt64,
    method: ApusWire.Method = .get
  ) -> LoadPlan {
    LoadPlan(
      origins: [SocketAddress(unixPath: "/simulated")!],
      requests: [LoadRequest(method: method, bytes: request, pipeline: pipeline)], connections: connections,
      pipeline: pipeline, pace: pace, duration: duration)
  }

  /// A server that answers requests of that length.
  static func server(_ answers: [String], limit: Int? = nil, stall: (every: UInt64, for: UInt64)? = nil)
    -> SimulatedPeer
  {
    var service = SimulatedService(
      requestBytes: request.count, answers: answers.map { Array($0.utf8) }, requestLimit: limit)
    if let stall { (service.stallEvery, service.stallFor) = stall }
    let peer = SimulatedPeer("server", steps: [.serve(service)])
    return peer
  }

  /// Turns to the end; false if it does not end by itself.
  mutating func run(turns: Int = 10_000_000) -> Bool {
    var left = turns
    while !core.table.isFinished, left > 0 {
      core.turn()
      core.table.checkInvariants()
      left -= 1
    }
    core.handOn()
    return core.table.isFinished
  }

  var tally: LoadTally { core.table.tally }

  /// Sorted.
  var latencies: [UInt64] { book.latencies.sorted() }

  func percentile(_ share: Double) -> Double {
    let sorted = latencies
    return Double(sorted[min(sorted.count - 1, Int((share * Double(sorted.count)).rounded(.up)) - 1)])
  }
}
