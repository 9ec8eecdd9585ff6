// TestExchange: one request of a test that is under way, and its answer as it comes.

import Apus
import ApusRing

/// A request that was sent. Its response may be read whole, or in parts while the handler still writes.
///
/// In memory the server's time passes only while a test waits for something: between two reads a handler
/// that sleeps stands still.
public final class TestExchange: Sendable {
  /// The connection, and which of its answers this is.
  struct Place {
    let connection: any TestConnection
    let number: Int
  }

  private let connection: any TestConnection
  private let number: Int
  private let limits: TestClient.Limits
  /// Bytes of the content that were given out by `next` and its like.
  private let offset = Lock(0)

  /// Real time in which nothing comes, and no virtual time passes, before a wait is given up.
  private static let patience = Duration.seconds(60)
  /// At most this much of the time between two looks counts; most are some 100 us apart. While other tests
  /// keep all threads busy there is no look, but handlers make no progress either.
  private static let longestLook = Duration.milliseconds(10)

  init(_ place: Place, _ limits: TestClient.Limits) {
    connection = place.connection
    number = place.number
    self.limits = limits
  }

  /// The whole answer, with what was read of it before.
  /// - Throws: `TestServerError`, of which `endless` says that a bound of `TestClient.limits` was
  ///   reached; `CancellationError`.
  public func response() async throws -> TestResponse {
    try await wait(boundsContent: true) { connection.content(number, from: .max).isComplete }
    return response(connection.content(number, from: 0).bytes)
  }

  /// The answer's status and fields, with an empty body, as soon as they have come.
  /// - Throws: as `response()`.
  public func head() async throws -> TestResponse {
    try await wait { connection.head(number) != nil }
    return response([])
  }

  private func response(_ body: [UInt8]) -> TestResponse {
    guard var answer = connection.head(number) else { preconditionFailure("content without a head") }
    answer.body = body
    return TestResponse(answer)
  }

  /// The next piece of the content, what has come of it so far; nil at its end.
  /// - Throws: as `response()`.
  public func next() async throws -> [UInt8]? {
    try await take { bytes, isComplete in bytes.isEmpty && !isComplete ? nil : bytes.count }
  }

  /// The next line of the content, without its end, LF or CRLF; nil at the content's end.
  /// - Throws: as `response()`.
  public func nextLine() async throws -> String? {
    let line = try await take { bytes, isComplete in
      bytes.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? (isComplete ? bytes.count : nil)
    }
    guard var line else { return nil }
    if line.last == UInt8(ascii: "\n") { line.removeLast() }
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
    return String(decoding: line, as: UTF8.self)
  }

  /// Takes as many bytes of the content as `count` says once it says so; nil at the end.
  private func take(_ count: (_ bytes: [UInt8], _ isComplete: Bool) -> Int?) async throws -> [UInt8]? {
    var taken: [UInt8]?
    try await wait {
      offset.withLock { offset in
        let (bytes, isComplete) = connection.content(number, from: offset)
        guard let count = count(bytes, isComplete) else { return false }
        offset += count
        taken = Array(bytes[..<count])
        return true
      }
    }
    return taken.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Resets the connection, as a client that goes away. Bytes that have come by then can still be read.
  public func cancel() { connection.reset() }

  /// If the waiting task is cancelled, its connection is reset, as by a client that gives up.
  private func wait(boundsContent: Bool = false, until isThere: () -> Bool) async throws {
    let start = connection.now
    var seen = (time: start, bytes: connection.contentCount(number))
    var (waited, lookedAt) = (Duration.zero, ContinuousClock.now)
    while !isThere() {
      if let failure = connection.failure() { throw placed(failure) }
      let (now, bytes) = (connection.now, connection.contentCount(number))
      let passed = Duration.nanoseconds(Int64(now.nanoseconds - start.nanoseconds))
      if passed > limits.time || boundsContent && bytes > limits.bytes { throw endless(bytes, passed) }
      let sinceLook = ContinuousClock.now - lookedAt
      lookedAt += sinceLook
      waited += min(sinceLook, Self.longestLook)
      if now != seen.time || bytes != seen.bytes { (seen, waited) = ((now, bytes), .zero) }
      if waited > Self.patience { throw TestServerError.stalled }
      do {
        try Task.checkCancellation()
        try await connection.advance()
      } catch let error as CancellationError {
        cancel()
        throw error
      }
    }
  }

  /// The end of a connection whose answer had begun is told with what had come of it.
  private func placed(_ failure: TestServerError) -> TestServerError {
    switch failure {
    case .noAnswer(after: ""): .noAnswer(after: beginning)
    case .connectionFailed(let errno, after: ""): .connectionFailed(errno: errno, after: beginning)
    default: failure
    }
  }

  /// The answer's status and the last that came of its content; empty before its head.
  private var beginning: String {
    guard let head = connection.head(number) else { return "" }
    let content = String(decoding: connection.content(number, from: 0).bytes.suffix(100), as: UTF8.self)
    return content.isEmpty ? "\(head.status)" : "\(head.status): \(content)"
  }

  private func endless(_ bytes: Int, _ time: Duration) -> TestServerError {
    cancel()
    let beginning = connection.content(number, from: 0).bytes.prefix(100)
    return .endless(bytes: bytes, time: time, beginning: String(decoding: beginning, as: UTF8.self))
  }
}
