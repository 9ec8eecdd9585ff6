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

  private let security: ServerSecurity?

  init(cores: Int, security: ServerSecurity? = nil) {
    links = (0..<cores).map { _ in CoreLink() }
    self.security = security
  }

  /// A source without cores: for routes without a server.
  package convenience init() { self.init(cores: 0) }

  /// The longest wait for a core that has been asked. A core that does not publish its counters in this time
  /// is held up by a handler, and its last counters are used.
  private static let patience = Duration.milliseconds(100)

  /// The counters of each core when it is asked. The task waits for them, 100 ms at most, and blocks no
  /// thread. A cancelled task waits, too: it often asks for the last counters of all.
  func current() async -> ServerMetrics {
    let question = ask()
    // It is no child task, which would be cancelled with its parent. It runs on the handler's core, because a
    // test may drive that core's time.
    let patience = Task(executorPreference: Core.current?.executor) {
      try? await Task.sleep(for: Self.patience)
      question.giveUp()
    }
    await question.end()
    patience.cancel()
    return metrics(question)
  }

  /// The same for a thread, which waits.
  var currentAtOnce: ServerMetrics {
    let question = ask()
    let deadline = Instant.monotonic().nanoseconds + Tick.count(in: Self.patience) * Tick.nanosecondsPerTick
    while !question.isOver, Instant.monotonic().nanoseconds < deadline { Pause.briefly() }
    question.giveUp()
    return metrics(question)
  }

  /// Asks each core. Cost: a system call and a turn of each.
  private func ask() -> ReportQuestion {
    let question = ReportQuestion(cores: links.count)
    for (index, link) in links.enumerated() {
      link.board.ask(question, as: index)
      link.mailbox.post(.report)
    }
    return question
  }

  private func metrics(_ question: ReportQuestion) -> ServerMetrics {
    ServerMetrics(
      zip(question.reports, links).map { $0 ?? $1.board.read() }, certificateExpiry: security?.expiry)
  }

  /// The answer to a scrape.
  func answer() async -> Response {
    await .text(current().prometheusText, type: Self.prometheusType)
  }

  private static let prometheusType = MediaType("text/plain; version=0.0.4; charset=utf-8")
}
