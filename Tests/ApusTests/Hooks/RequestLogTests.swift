import Apus
import ApusTesting
import Logging
import Testing

@Suite struct RequestLogTests {
  @Test func `a line for each answer, with what it was about`() throws {
    let (logger, events) = LogRecorder.make()
    var router = Router()
    router.add(.log(logger))
    router.get("/a b") { _ in .text("x") }
    _ = try ask(router, "/a%20b?secret=1")
    _ = try ask(router, "POST", "/none")
    let all = events.all
    try #require(all.count == 2)
    #expect(all[0].metadata["method"] == "GET")
    #expect(all[0].metadata["path"] == "/a b")
    #expect(all[0].metadata["status"] == "200")
    #expect(all[1].metadata["status"] == "404")
    #expect(Int("\(all[0].metadata["microseconds"] ?? "")") != nil)
  }

  @Test func `a logger that would not say it is not asked`() throws {
    let (logger, events) = LogRecorder.make()
    var router = Router()
    router.add(.log(logger, level: .debug))
    router.get("/") { _ in .text("x") }
    _ = try ask(router, "/")
    #expect(events.all.isEmpty)
  }
}
