import Apus
import ApusRing
import Logging
import Testing

@Suite struct RootWatchTests {
  @Test func `a root that is gone is reported once for all cores, and so is its return`() {
    let (logger, events) = LogRecorder.make()
    let watch = RootWatch("/srv/www", logger: logger)
    watch.didFind()
    #expect(events.all.isEmpty)
    // Each core sees it, and each request.
    for _ in 0..<5 { watch.didLose(because: .notFound, at: .seconds(1)) }
    for _ in 0..<5 { watch.didFind() }
    watch.didLose(because: .forbidden, at: .seconds(11))
    #expect(events.all.map(\.level) == [.error, .notice, .error])
    #expect(events.all.allSatisfy { $0.metadata["directory"] == "/srv/www" })
    #expect(events.all.last?.metadata["reason"] == "Permission denied")
  }

  @Test
  func `a root that comes and goes is reported every ten seconds, and its last state always`() {
    let (logger, events) = LogRecorder.make()
    let watch = RootWatch("/srv/www", logger: logger)
    for second in 0..<60 as Range<UInt64> {
      watch.didLose(because: .tooManyOpen, at: .seconds(second))
      watch.didFind()
    }
    #expect(events.all.map(\.level) == Array(repeating: [.error, .notice], count: 6).flatMap(\.self))
    watch.didLose(because: .notFound, at: .seconds(59))
    #expect(events.all.count == 12)
    watch.didLose(because: .notFound, at: .seconds(60))
    #expect(events.all.count == 13, "the first request after ten seconds that finds it gone says so")
  }
}

extension Instant {
  fileprivate static func seconds(_ count: UInt64) -> Instant { Instant(nanoseconds: count * 1_000_000_000) }
}
