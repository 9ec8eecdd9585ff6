// MetricsSource: the way from whoever asks to the cores' reports.

import ApusEngine
import ApusRing
import ApusWire

/// How other threads reach one core: what it may be told, and where it says what it has done.
final class CoreLink: Sendable {
  let mailbox = Mailbox()
  let board = CountersBoard()
}

/// All cores of a server. Made before any of them, so that nothing here changes.
package final class MetricsSource: Sendable {
  let links: [CoreLink]

  init(cores: Int) { links = (0..<cores).map { _ in CoreLink() } }

  /// Of no core: for routes without a server.
  package convenience init() { self.init(cores: 0) }

  /// As each core said last: no more than a second old for a core that has much to do. Never waits. Has the cores hang up
  /// new reports, so that whoever asks regularly sees the last of a core that has fallen silent.
  var latest: ServerMetrics {
    let metrics = ServerMetrics(links.map { $0.board.read() })
    for link in links { link.mailbox.post(.report) }
    return metrics
  }

  /// As each core says when asked; waits for it, a tenth of a second at most.
  var current: ServerMetrics {
    let counts = links.map(\.board.count)
    for link in links { link.mailbox.post(.report) }
    let deadline = Instant.monotonic().nanoseconds + 100_000_000
    for (link, count) in zip(links, counts) {
      while link.board.count == count, !link.board.hasEnded, Instant.monotonic().nanoseconds < deadline {
        Pause.briefly()
      }
    }
    return ServerMetrics(links.map { $0.board.read() })
  }

  /// The answer to a scrape.
  var response: Response { .text(latest.prometheusText, type: Self.prometheusType) }

  private static let prometheusType = MediaType("text/plain; version=0.0.4; charset=utf-8")
}
