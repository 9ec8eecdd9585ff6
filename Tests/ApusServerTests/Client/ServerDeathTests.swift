import Apus
import ApusEngine
import ApusRing
import ApusTestSupport
import ApusWire
import Synchronization
import Testing

/// Servers that die, lie or sleep, over real sockets: a typed error each, nothing made twice that
/// must not be, nothing held.
@Suite(.elsewhere) struct ServerDeathTests {
  private static let sized = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
  private static let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"

  /// More than a request of ours has.
  private static let mostHeadBytes = 1000

  /// Nobody has a request, and no socket is left.
  private func expectNothingHeld(_ client: Client, _ server: RawServer) async throws {
    let held = await client.auditForTesting()
    #expect(held == [])
    // A core's turn ends with the system call that closes what it gave up.
    var sockets = try heldSockets(to: server.port)
    for _ in 0..<1000 where sockets > 0 {
      try await client.onCore { await Task.yield() }
      sockets = try heldSockets(to: server.port)
    }
    #expect(sockets == 0)
  }

  @Test(arguments: [sized, chunked], [false, true])
  func `a server that dies at any byte of its answer is a lost connection`(answer: String, resets: Bool)
    async throws
  {
    let bytes = Array(answer.utf8)
    let server = try RawServer { peer, number in
      guard peer.receiveHead() != nil else { return }
      peer.send(String(decoding: bytes[..<number], as: UTF8.self))
      if resets { peer.reset() }
    }
    var configuration = patientConfiguration()
    // Longer than anybody waits for a test: a reset must be heard.
    configuration.timeouts.idleRead = .seconds(600)
    configuration.timeouts.head = .seconds(600)
    let client = Client(configuration)
    for count in bytes.indices {
      do {
        _ = try await client.get(server.url)
        Issue.record("\(count) bytes were taken for an answer")
      } catch {
        #expect(error as? ClientError == .connectionLost, "after \(count) bytes")
      }
    }
    try await expectNothingHeld(client, server)
  }

  @Test(arguments: [false, true])
  func `a server that dies at any byte of a second request gets it again if it is idempotent`(resets: Bool)
    async throws
  {
    let wasWhole = Atomic<Bool>(false)
    let server = try RawServer { peer, number in
      guard peer.receiveHead() != nil else { return }
      if number.isMultiple(of: 2) {
        peer.send(Self.sized)
        if peer.receiveHead(upTo: number / 2 + 1)?.hasSuffix("\r\n\r\n") == true {
          wasWhole.store(true, ordering: .relaxed)
        }
        if resets { peer.reset() }
      } else {
        peer.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nagain")
        peer.awaitEnd()
      }
    }
    let client = patientClient()
    var count = 0
    repeat {
      let first = try await client.get(server.url).text
      let second = try await client.get(server.url).text
      #expect(first == "hello" && second == "again", "after \(count + 1) bytes")
      count += 1
    } while !wasWhole.load(ordering: .relaxed) && count < Self.mostHeadBytes
    let cameWhole = wasWhole.load(ordering: .relaxed)
    #expect(cameWhole)
    try await expectNothingHeld(client, server)
  }

  @Test(arguments: [false, true])
  func `a server that dies at any byte of a second request does not get it again if it is not`(resets: Bool)
    async throws
  {
    let wasWhole = Atomic<Bool>(false)
    let firsts = Lock<[String]>([])
    let server = try RawServer { peer, number in
      guard let head = peer.receiveHead() else { return }
      firsts.withLock { $0.append(String(head.prefix(4))) }
      peer.send(Self.sized)
      if peer.receiveHead(upTo: number + 1)?.hasSuffix("\r\n\r\n") == true {
        wasWhole.store(true, ordering: .relaxed)
      }
      if resets { peer.reset() }
    }
    let client = patientClient()
    var count = 0
    repeat {
      let first = try await client.get(server.url).text
      #expect(first == "hello")
      count += 1
      await #expect(throws: ClientError.connectionLost, "after \(count) bytes") {
        try await client.post(server.url, .none)
      }
    } while !wasWhole.load(ordering: .relaxed) && count < Self.mostHeadBytes
    let cameWhole = wasWhole.load(ordering: .relaxed)
    #expect(cameWhole)
    #expect(firsts.withLock { $0 } == Array(repeating: "GET ", count: count))
    try await expectNothingHeld(client, server)
  }

  // MARK: servers that lie or sleep

  /// What a server does behind the request's head, which of its client's times it is to
  /// outlast, and what is said of it.
  private enum Misdeed: String, CaseIterable {
    case silence, slowHead, slowBody, endlessHead, endlessInterim, shortBody, hugeChunk, noHTTP

    func act(_ peer: RawPeer) {
      switch self {
      case .silence: break
      case .slowHead:
        // As long as somebody is there: a byte every so often.
        for byte in "HTTP/1.1 200 OK\r\nX: " + String(repeating: "y", count: 4000) {
          guard peer.send(String(byte)), peer.isOpen(milliseconds: 5) else { return }
        }
      case .slowBody: peer.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
      case .endlessHead:
        peer.send("HTTP/1.1 200 OK\r\n")
        while peer.send("X-Y: z\r\n") {}
      case .endlessInterim:
        while peer.send("HTTP/1.1 103 Early\r\nLink: x\r\n\r\n"), peer.isOpen(milliseconds: 5) {}
      case .shortBody:
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
        return
      case .hugeChunk: peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n")
      case .noHTTP: peer.send("220 mail.example ESMTP\r\n")
      }
      peer.awaitEnd()
    }

    /// What is to be found wrong has as long as the machine takes to find it.
    func shorten(_ timeouts: inout Client.Timeouts) {
      switch self {
      case .silence, .slowHead, .endlessInterim: timeouts.head = .milliseconds(150)
      case .slowBody: timeouts.idleRead = .milliseconds(150)
      case .endlessHead, .shortBody, .hugeChunk, .noHTTP: break
      }
    }

    func isSaid(_ error: ClientError) -> Bool {
      switch (self, error) {
      case (.silence, .timedOut(.head)), (.slowHead, .timedOut(.head)), (.endlessInterim, .timedOut(.head)),
        (.slowBody, .timedOut(.body)), (.shortBody, .connectionLost), (.endlessHead, .malformedResponse),
        (.hugeChunk, .malformedResponse), (.noHTTP, .malformedResponse):
        true
      default: false
      }
    }
  }

  @Test func `a server that lies or sleeps is told apart from others, and given up`() async throws {
    for misdeed in Misdeed.allCases {
      let server = try RawServer { peer, _ in
        guard peer.receiveHead() != nil else { return }
        misdeed.act(peer)
      }
      var configuration = patientConfiguration()
      misdeed.shorten(&configuration.timeouts)
      let client = Client(configuration)
      do {
        _ = try await client.get(server.url)
        Issue.record("\(misdeed) was taken for an answer")
      } catch {
        let isSaid = (error as? ClientError).map(misdeed.isSaid) ?? false
        #expect(isSaid, "\(misdeed): \(error)")
      }
      try await expectNothingHeld(client, server)
    }
  }

  @Test func `bytes after a response belong to no request`() async throws {
    let server = try RawServer { peer, _ in
      guard peer.receiveHead() != nil else { return }
      peer.send(Self.sized + Self.sized)
      peer.awaitEnd()
    }
    let client = patientClient()
    for _ in 0..<5 {
      let answer = try await client.get(server.url)
      #expect(answer.text == "hello" && !answer.connection.isReused)
    }
    try await expectNothingHeld(client, server)
  }
}
