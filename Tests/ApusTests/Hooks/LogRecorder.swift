// LogRecorder: a logger that keeps what it is told, for the tests of what is logged.

import ApusRing
import Logging

struct LogRecorder: LogHandler {
  final class Events: Sendable {
    private let list = Lock<[(level: Logger.Level, metadata: Logger.Metadata)]>([])

    var all: [(level: Logger.Level, metadata: Logger.Metadata)] { list.withLock { $0 } }

    func add(_ level: Logger.Level, _ metadata: Logger.Metadata) {
      list.withLock { $0.append((level, metadata)) }
    }
  }

  private let events: Events
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.info

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) { events.add(event.level, event.metadata ?? [:]) }

  /// A logger, and what it will have been told.
  static func make() -> (logger: Logger, events: Events) {
    let events = Events()
    return (Logger(label: "test") { _ in LogRecorder(events: events) }, events)
  }
}
