import Apus
import ApusTesting
import Testing

@Suite struct CookieTests {
  private func router() -> Router {
    var router = Router()
    router.get("/one") { request in .text(request.cookie("session") ?? "none") }
    router.get("/all") { request in
      .text(request.cookies.map { "\($0.name)=\($0.value)" }.joined(separator: "|"))
    }
    return router
  }

  @Test(arguments: [
    ("session=abc", "abc", "session=abc"), ("a=1; session=x=y; b=2", "x=y", "a=1|session=x=y|b=2"),
    (#"session="quoted""#, "quoted", "session=quoted"), ("session=", "", "session="),
    ("Session=no", "none", "Session=no"), ("session", "none", ""), ("=x; session=1", "1", "session=1"),
    (" ; ;session = spaced ;", "spaced", "session=spaced"),
    ("session=1; session=2", "1", "session=1|session=2"),
    (#"session=""#, #"""#, #"session=""#),
  ])
  func `cookies are read as they are, the first of a name where one is asked for`(
    field: String, one: String, all: String
  ) throws {
    #expect(try ask(router(), "/one", fields: "Cookie: \(field)\r\n").text == one)
    #expect(try ask(router(), "/all", fields: "Cookie: \(field)\r\n").text == all)
  }

  @Test func `several Cookie lines are one`() throws {
    #expect(try ask(router(), "/all", fields: "Cookie: a=1\r\nCookie: session=2\r\n").text == "a=1|session=2")
    #expect(try ask(router(), "/one", fields: "Cookie: a=1\r\nCookie: session=2\r\n").text == "2")
    #expect(try ask(router(), "/one").text == "none")
  }
}
