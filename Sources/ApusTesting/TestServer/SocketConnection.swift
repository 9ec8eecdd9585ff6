// SocketConnection: one connection to a live server. It never blocks for long: whoever waits looks every few
// milliseconds whether he still wants to.

import Apus
import ApusRing
internal import Glibc

/// Safety of the unchecked conformance: everything that changes is touched under the lock.
final class SocketConnection: TestConnection, @unchecked Sendable {
  private let lock = Lock(())
  private let socket: PollingSocket
  private var splitter = ResponseSplitter(methods: [])
  /// Pieces that the socket has not taken yet.
  private var outgoing: [ArraySlice<UInt8>] = []
  private var requestCount = 0
  private var failed: TestServerError?

  /// Milliseconds of one wait.
  private static let waitMilliseconds: Int32 = 5

  init(_ address: Server.Address) throws(TestServerError) {
    do throws(SocketError) { socket = try PollingSocket(address) } catch {
      throw .noConnection(errno: error.errno)
    }
  }

  /// Sends what the socket takes, the rest while an answer is waited for; the number of its answer.
  func send(_ pieces: [[UInt8]], method: String) -> Int {
    lock.withLock { _ in
      splitter.expect(method)
      outgoing += pieces.map { $0[...] }
      requestCount += 1
      sendOutgoing()
      return requestCount - 1
    }
  }

  private func sendOutgoing() {
    while let piece = outgoing.first {
      switch socket.send(piece) {
      case nil: return
      case .some(-1): return outgoing.removeAll()
      case let count?:
        outgoing[0] = piece.dropFirst(count)
        if outgoing[0].isEmpty { outgoing.removeFirst() }
      }
    }
  }

  /// True if all its responses have come, and it is kept open.
  var isFree: Bool {
    lock.withLock { _ in
      failed == nil && splitter.answers.count == requestCount && splitter.answers.last?.closes != true
        && !socket.isEnded
    }
  }

  /// Nothing is waited for, and it does not go on.
  var hasEnded: Bool {
    lock.withLock { _ in
      failed != nil
        || splitter.answers.count == requestCount && (splitter.answers.last?.closes == true || socket.isEnded)
    }
  }

  var now: Instant { Instant.monotonic() }

  func head(_ number: Int) -> Answer? { lock.withLock { _ in splitter.head(number) } }

  func content(_ number: Int, from offset: Int) -> (bytes: [UInt8], isComplete: Bool) {
    lock.withLock { _ in splitter.content(number, from: offset) }
  }

  func contentCount(_ number: Int) -> Int { lock.withLock { _ in splitter.contentCount(number) } }

  func failure() -> TestServerError? {
    lock.withLock { _ in failed ?? splitter.malformed.map { .malformed($0) } }
  }

  func advance() async throws {
    lock.withLock { _ in
      if socket.wait(milliseconds: Self.waitMilliseconds, sends: !outgoing.isEmpty) {
        sendOutgoing()
        receive()
      }
    }
    await Task.yield()
  }

  private func receive() {
    do throws(SocketError) {
      guard let bytes = try socket.receive() else { return }
      if bytes.isEmpty {
        splitter.end(at: now)
        if splitter.answers.count < requestCount { failed = .noAnswer(after: splitter.trailingText) }
      } else {
        splitter.append(bytes[...], at: now)
      }
    } catch {
      failed = .connectionFailed(errno: error.errno, after: splitter.trailingText)
    }
  }

  func reset() {
    lock.withLock { _ in
      socket.reset()
      if failed == nil { failed = .connectionFailed(errno: ECONNRESET, after: splitter.trailingText) }
    }
  }

  /// Closes it; over an answer that has not ended that is a reset.
  func end() {
    lock.withLock { _ in
      if splitter.answers.count == requestCount { socket.close() } else { socket.reset() }
    }
  }
}
