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

  /// How long a core that has been asked is waited for: one that does not answer in this time is in the midst
  /// of a handler that holds it up, and is told of as it was last.
  private static let patience = Duration.milliseconds(100)

  /// As each core is when it is asked. The task waits for the answers, 100 ms at most; no thread does. One
  /// that was cancelled waits as any other: what it asks for is often the last that there is to say.
  func current() async -> ServerMetrics {
    let question = ask()
    // Not a child, which would be cancelled with its parent. Of a handler's core: its time may be a test's.
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
    ServerMetrics(zip(question.reports, links).map { $0 ?? $1.board.read() })
  }

  /// The answer to a scrape.
  func answer() async -> Response {
    await .text(current().prometheusText, type: Self.prometheusType)
  }

  private static let prometheusType = MediaType("text/plain; version=0.0.4; charset=utf-8")
}
