import Apus
import ApusRing
import Logging
import Testing

@Suite struct RootWatchTests {
  @Test func `a root that is gone is told once by all cores, and so is that it is back`() {
    let (logger, events) = LogRecorder.make()
    let watch = RootWatch("/srv/www", logger: logger)
    watch.didFind()
    #expect(events.all.isEmpty)
    // Each core sees it, and each request.
    for _ in 0..<5 { watch.didLose(because: .notFound) }
    for _ in 0..<5 { watch.didFind() }
    watch.didLose(because: .forbidden)
    #expect(events.all.map(\.level) == [.error, .notice, .error])
    #expect(events.all.allSatisfy { $0.metadata["directory"] == "/srv/www" })
    #expect(events.all.last?.metadata["reason"] == "Permission denied")
  }
}
