// RouteErrors: what becomes of the errors of one route on one core: their answers, and who is told.

import ApusEngine
import ApusRing
import ApusWire

/// For its core's thread.
final class RouteErrors {
  private let hooks: [ErrorHook]
  /// The route's, as it was written; nil for requests that no route matches.
  private let pattern: String?
  private let reporter: ErrorReporter
  private var lines = ErrorLineLimit()

  init(_ hooks: [ErrorHook], _ pattern: String?, _ reporter: ErrorReporter) {
    self.hooks = hooks
    self.pattern = pattern
    self.reporter = reporter
  }

  /// The answer to an error, as those who wish to say it.
  func refuse(_ error: any Error, _ request: borrowing Request) -> Response {
    shape(Response(answering: error), of: error, request)
  }

  /// The same with an answer that is there already.
  func shape(_ given: Response, of error: any Error, _ request: borrowing Request) -> Response {
    var response = given.fault == nil ? given : .plain(.internalServerError)
    for hook in hooks { hook(request, RequestFailure(error, response.status, pattern), &response) }
    if response.fault != nil { response = .plain(.internalServerError) }
    if Self.isNews(error, response.status) {
      report(RequestFailure(error, response.status, pattern), request)
    }
    return response
  }

  /// Whether anybody but the client is to hear of it: else a scan with odd methods would fill the
  /// log, and count as failures.
  private static func isNews(_ error: any Error, _ status: Status) -> Bool {
    guard status.code >= 500 else { return false }
    return status != .notImplemented || error as? RoutingError != .methodNotImplemented
  }

  /// Reports an error that is not answered here, because its response had begun or is made elsewhere. A
  /// mistake in a client's body is not reported.
  func tell(_ error: any Error, _ request: borrowing Request, _ status: Status, hasBegun: Bool) {
    guard hasBegun ? !(error is BodyError) : Self.isNews(error, status) else { return }
    report(RequestFailure(error, status, pattern, hasBegun: hasBegun), request)
  }

  private func report(_ failure: RequestFailure, _ request: borrowing Request) {
    let core = Core.current
    core?.exchanges.errorCount += 1
    // The core's own clock, which is not the machine's in a test's server.
    let now = core?.executor.clock() ?? .monotonic()
    reporter.report(failure, request, lines.admit(at: now))
  }
}
