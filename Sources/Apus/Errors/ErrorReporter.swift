// ErrorReporter: whom errors are told that no client is told of: a logger, and a hook of the program's.

package import ApusEngine
import ApusRing
import ApusWire
package import Logging

/// All cores' alike.
package struct ErrorReporter: Sendable {
  private let logger: Logger
  private let onError: (@Sendable (borrowing Request, RequestFailure) -> Void)?

  package init(
    _ onError: (@Sendable (borrowing Request, RequestFailure) -> Void)?,
    _ logger: Logger = Logger(label: "apus")
  ) {
    self.logger = logger
    self.onError = onError
  }

  /// A reporter that reports to nobody: for routes without a server.
  package init() {
    logger = Logger(label: "apus") { _ in SwiftLogNoOpLogHandler() }
    onError = nil
  }

  /// - Parameter admission: whether there is to be a line of log.
  func report(_ failure: RequestFailure, _ request: borrowing Request, _ admission: ErrorLineLimit.Admission)
  {
    onError?(request, failure)
    guard case .admitted(let left) = admission, logger.logLevel <= .error else { return }
    var metadata: Logger.Metadata = [
      "method": "\(String(copying: request.bytes.extracting(request.head.methodSlice.range)))",
      "error": "\(failure.error)", "status": "\(failure.status.code)", "id": "\(request.id)",
    ]
    if let error = failure.error as? AnswerError { metadata["because"] = "\(error.explanation)" }
    if let route = failure.route { metadata["route"] = "\(route)" }
    if left > 0 { metadata["left-out"] = "\(left)" }
    logger.error(
      failure.answerHadBegun
        ? "a request failed behind the beginning of its answer" : "a request was answered with an error",
      metadata: metadata)
  }
}

/// How many lines of errors one route writes on one core: a service whose database is
/// gone would do little else.
struct ErrorLineLimit {
  enum Admission: Equatable {
    /// And this many were left out before it.
    case admitted(leftOut: UInt64)
    case refused
  }

  /// Lines per second.
  static let linesPerSecond = 10

  private var second: UInt64 = 0
  private var count = 0
  private var leftOut: UInt64 = 0

  mutating func admit(at now: Instant) -> Admission {
    let present = now.nanoseconds / 1_000_000_000
    if present != second {
      second = present
      count = 0
    }
    guard count < Self.linesPerSecond else {
      leftOut += 1
      return .refused
    }
    count += 1
    defer { leftOut = 0 }
    return .admitted(leftOut: leftOut)
  }
}
