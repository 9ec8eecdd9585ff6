// One line of log for each answer, through swift-log. The server's access log
// (`Server.Configuration.accessLog`) costs far less and knows more; this one is for those whose other lines
// go through a Logger already.

import ApusEngine
import ApusRing
import ApusWire
public import Logging

extension Hook {
  /// Logs each answer with its request's method, path, status, id and time, in microseconds: from
  /// the turn that saw the last byte of the request's head until the answer was given, or its head
  /// where the content follows.
  public static func log(_ logger: Logger, level: Logger.Level = .info) -> Hook {
    .after { request, response in
      guard logger.logLevel <= level else { return }
      // The core's own clock, which is not the machine's in a test's server.
      let now = (Core.current?.executor.clock() ?? .monotonic()).nanoseconds
      let elapsed = (max(now, request.arrivedAt.nanoseconds) - request.arrivedAt.nanoseconds) / 1000
      logger.log(
        level: level, "request",
        metadata: [
          "method": "\(request.method == .other ? "?" : request.method.name)",
          "path": "\(String(copying: request.path))", "status": "\(response.status.code)",
          "id": "\(request.id)", "microseconds": "\(elapsed)",
        ])
    }
  }
}
