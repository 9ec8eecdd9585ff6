// MetricsSource: the way from whoever asks to the cores' reports.

import ApusEngine
import ApusRing
import ApusWire
import Synchronization

/// The cores of a server, once they are made.
package final class MetricsSource: Sendable {
  private let cores = Mutex<[Core]>([])

  package init() {}

  func set(_ cores: [Core]) { self.cores.withLock { $0 = cores } }

  private var all: [Core] { cores.withLock { $0 } }

  /// As each core said last: no more than a second old for a core that has much to do. Never waits. Has the cores hang up
  /// new reports, so that whoever asks regularly sees the last of a core that has fallen silent.
  var latest: ServerMetrics {
    let cores = all
    let metrics = ServerMetrics(cores.map { $0.board.read() })
    for core in cores { core.post(.report) }
    return metrics
  }

  /// As each core says when asked; waits for it, a tenth of a second at most.
  var current: ServerMetrics {
    let cores = all
    let counts = cores.map(\.board.count)
    for core in cores { core.post(.report) }
    let deadline = Instant.monotonic().nanoseconds + 100_000_000
    for (core, count) in zip(cores, counts) {
      while core.board.count == count, !core.hasEnded, Instant.monotonic().nanoseconds < deadline {
        Pause.briefly()
      }
    }
    return ServerMetrics(cores.map { $0.board.read() })
  }

  /// The answer to a scrape.
  var response: Response { .text(latest.prometheusText, type: Self.prometheusType) }

  private static let prometheusType = MediaType("text/plain; version=0.0.4; charset=utf-8")
}
