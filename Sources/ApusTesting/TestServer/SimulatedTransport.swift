// SimulatedTransport: a server in memory, with its upstreams. Their cores turn in the tasks of those who wait
// for an answer, one at a time.

import Apus
import ApusEngine
import ApusRing

/// Safety of the unchecked conformance: the world, and all that is in it, is touched under the lock alone.
final class SimulatedTransport: TestTransport, @unchecked Sendable {
  private let lock = Lock(())
  private let world = SimulatedWorld()
  private var peers: [SimulatedPeer] = []
  /// The threads of the server, and of its upstreams.
  private let offloading: OffloadPools

  /// Between two pieces of a request.
  private static let gapNanoseconds: UInt64 = 1_000
  /// Real time that handlers have to end which wait for others when the test has ended.
  private static let lastPatience = Duration.seconds(1)

  init(_ router: Router, _ upstreams: [TestUpstream], _ configuration: Server.Configuration) throws {
    if let fault = configuration.fault() { throw ServerError.badConfiguration(explanation: fault) }
    offloading = OffloadPools(configuration.offload)
    let book = AddressBook(isComplete: true)
    let server = world.add("the server", try Self.simulation(router, configuration, book, offloading))
    var kernels = [server]
    var addresses: [SocketAddress: SimulatedKernel] = [:]
    for (index, upstream) in upstreams.enumerated() {
      let simulation = try Self.simulation(upstream.router, Server.Configuration(), book, offloading)
      let kernel = world.add(upstream.name, simulation)
      // One of the addresses that are nobody's (RFC 5737).
      guard let address = SocketAddress.numeric(host: "192.0.2.\(index + 1)", port: 80) else {
        preconditionFailure("an address of numbers has no name to look up")
      }
      book.add(upstream.host, upstream.port, address)
      addresses[address] = kernel
      kernels.append(kernel)
    }
    for kernel in kernels {
      kernel.connector = { [unowned kernel] address in
        addresses[address].map { SimulatedLink.connect(to: $0, from: kernel) }
      }
    }
  }

  private static func simulation(
    _ router: Router, _ configuration: Server.Configuration, _ book: AddressBook, _ offloading: OffloadPools
  ) throws -> Simulation {
    let faults = router.faults
    if !faults.isEmpty { throw ServerError.badRoutes(faults: faults) }
    var handler: Handler
    do throws(RootError) {
      handler = try router.makeHandler(
        collectBytes: configuration.limits.collectBytes, reporter: ErrorReporter(configuration.onError))
    } catch {
      throw ServerError.filesUnavailable(explanation: error.description)
    }
    if configuration.learnsPeerAddresses { handler.wantsAddresses = true }
    var world = SimulatedKernel.Configuration()
    world.ownSlotCount = 64
    let simulation = Simulation(
      world, handler: handler, limits: configuration.limits,
      timeouts: configuration.timeouts, announcedTimeout: configuration.announcedKeepAlive,
      serverName: configuration.serverName)
    simulation.reactor.core.addressBook = book
    simulation.reactor.core.offloading = offloading
    return simulation
  }

  func begin(_ pieces: [[UInt8]], method: String) throws -> TestExchange.Place {
    if world.isTurningHere { throw TestServerError.insideHandler }
    return lock.withLock { _ in
      let peer = freePeer()
      var steps: [SimulatedPeer.Step] = []
      for piece in pieces {
        steps.append(.send(piece))
        if pieces.count > 1 { steps.append(.pause(nanoseconds: Self.gapNanoseconds)) }
      }
      let number = peer.requestCount
      peer.append(steps, method: method)
      world.kernel.resume(peer)
      return TestExchange.Place(connection: SimulatedConnection(self, peer), number: number)
    }
  }

  /// One that has its answers, and whose connection has not ended and will not; else a new one.
  private func freePeer() -> SimulatedPeer {
    if let peer = peers.last(where: {
      $0.answers.count == $0.requestCount && !$0.isDisconnected && $0.answers.last?.closes != true
    }) {
      return peer
    }
    let fresh = SimulatedPeer(steps: [])
    world.kernel.add(fresh)
    peers.append(fresh)
    return fresh
  }

  func withWorld<Result>(_ body: (SimulatedWorld) -> Result) -> Result {
    precondition(!world.isTurningHere, "\(TestServerError.insideHandler)")
    return lock.withLock { _ in body(world) }
  }

  /// One step of the world for somebody who waits.
  func advance() async throws {
    let isPatient = offloading.isBusy
    switch withWorld({ $0.step(isPatient: isPatient) }) {
    case .turned: break
    case .timeIsNext: for _ in 0..<3 { await Task.yield() }
    case .waitsForOthers: try await Task.sleep(for: .microseconds(100))
    }
  }

  func settle() { withWorld { $0.settle() } }

  func pass(_ duration: Duration) throws {
    if world.isTurningHere { throw TestServerError.insideHandler }
    withWorld { $0.pass(duration) }
  }

  func end(inHaste: Bool) async -> [String] {
    withWorld { world in
      // A response that a test has not read to its end is not wanted.
      for peer in peers where peer.answers.count < peer.requestCount && !peer.isDisconnected {
        world.kernel.giveUp(peer, at: world.now)
      }
      world.settle()
    }
    let start = ContinuousClock.now
    while !inHaste, !Task.isCancelled, ContinuousClock.now - start < Self.lastPatience,
      withWorld({ $0.handlersWaitForOthers })
    {
      try? await Task.sleep(for: .microseconds(100))
      settle()
    }
    defer { offloading.end() }
    return withWorld { $0.end() }
  }
}

/// Safety of the unchecked conformance: as the transport's.
private final class SimulatedConnection: TestConnection, @unchecked Sendable {
  private let transport: SimulatedTransport
  private let peer: SimulatedPeer

  init(_ transport: SimulatedTransport, _ peer: SimulatedPeer) {
    self.transport = transport
    self.peer = peer
  }

  var now: Instant { transport.withWorld { $0.now } }

  func head(_ number: Int) -> Answer? { transport.withWorld { _ in peer.head(number) } }

  func content(_ number: Int, from offset: Int) -> (bytes: [UInt8], isComplete: Bool) {
    transport.withWorld { _ in peer.content(number, from: offset) }
  }

  func contentCount(_ number: Int) -> Int { transport.withWorld { _ in peer.contentCount(number) } }

  func failure() -> TestServerError? {
    transport.withWorld { _ in
      if let reason = peer.malformed { return .malformed(reason) }
      return peer.isDisconnected ? .noAnswer(after: peer.trailingText) : nil
    }
  }

  func advance() async throws { try await transport.advance() }

  func reset() { transport.withWorld { $0.kernel.giveUp(peer, at: $0.now) } }
}
