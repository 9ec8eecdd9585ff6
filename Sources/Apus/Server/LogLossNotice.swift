// LogLossNotice: what is said when the access log loses lines: once for all cores, however many there are
// and however long it lasts.

import ApusEngine
import ApusRing
import Logging
import Synchronization

/// Warns once.
final class LogLossNotice: Sendable {
  private let wasGiven = Atomic(false)
  private let logger: Logger

  init(_ logger: Logger) { self.logger = logger }

  /// Any core's thread. `errno` is nil where the file is too slow.
  func give(_ errno: Int32?) {
    guard !wasGiven.exchange(true, ordering: .relaxed) else { return }
    let cause =
      errno.map { "it takes no more (\(Errno.text($0)))" } ?? "it takes lines more slowly than they come"
    logger.warning(
      "the access log loses lines: \(cause); requests are served as before, and the metrics and the summary at the end tell how many lines are lost"
    )
  }
}
