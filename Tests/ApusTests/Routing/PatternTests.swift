import Apus
import ApusTesting
import Testing

@Suite struct PatternTests {
  /// Answers with the pattern that was chosen and what it captured.
  private func router(_ patterns: [String]) -> Router {
    var router = Router()
    for pattern in patterns {
      router.get(pattern) { request in
        let captures = ["a", "b", "id"].compactMap { name in request.parameter(name).map { "\(name)=\($0)" } }
        return .text(([pattern] + captures).joined(separator: " "))
      }
    }
    return router
  }

  private func chosen(_ patterns: [String], _ target: String) throws -> String? {
    let answer = try ask(router(patterns), target)
    return answer.status == 200 ? answer.text : nil
  }

  @Test(arguments: [
    ("/a/b", "/a/b"), ("/a/c", "/a/{a} a=c"), ("/x/b", "/{a}/b a=x"), ("/x/y", "/{a}/{b} a=x b=y"),
    ("/x/y/z", "/**"), ("/s/1", "/s/*"), ("/s/1/2", "/s/**"), ("/", "/"),
  ])
  func `literals beat captures, captures beat the wildcard, the wildcard beats the rest`(
    target: String, expected: String
  ) throws {
    let patterns = ["/**", "/s/**", "/s/*", "/{a}/{b}", "/{a}/b", "/a/{a}", "/a/b", "/"]
    #expect(try chosen(patterns, target) == expected)
    #expect(try chosen(patterns.reversed(), target) == expected, "whatever the order they were added in")
  }

  @Test func `a path leads to its own route, whichever was asked for before`() throws {
    let routed = ["/a", "/b", "/a/b", "/ab", "/"]
    var bench = try Bench(router(routed))
    for first in routed + ["/c", "/a/c"] {
      for second in routed + ["/c", "/a/c"] {
        for path in [first, first, second] {
          let answer = bench.answers("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")[0]
          #expect((answer.status == 200 ? answer.text : nil) == (routed.contains(path) ? path : nil))
        }
      }
    }
  }

  @Test func `a capture is tried before the wildcard at the same place`() throws {
    #expect(try chosen(["/*/x", "/{a}/x", "/*/y"], "/1/x") == "/{a}/x a=1")
    #expect(try chosen(["/*/x", "/{a}/x", "/*/y"], "/1/y") == "/*/y")
  }

  @Test func `a wrong turn is taken back with what it captured`() throws {
    let patterns = ["/a/{a}/x/y", "/{a}/{b}/x/z", "/**"]
    #expect(try chosen(patterns, "/a/1/x/z") == "/{a}/{b}/x/z a=a b=1")
    #expect(try chosen(patterns, "/a/1/x/w") == "/**")
    #expect(try chosen(patterns + ["/a/**"], "/a/1/x/z") == "/a/**", "a literal in front beats all behind")
  }

  @Test func `one segment is one segment, and never an empty one`() throws {
    #expect(try chosen(["/n/{id}", "/w/*"], "/n/") == nil)
    #expect(try chosen(["/n/{id}", "/w/*"], "/w/") == nil)
    #expect(try chosen(["/n/{id}"], "/n/1/2") == nil)
    #expect(try chosen(["/n/{id}"], "/n") == nil)
    #expect(try chosen(["/n/"], "/n") == nil)
    #expect(try chosen(["/n/**"], "/n/") == "/n/**")
  }

  @Test func `captures are percent-decoded once`() throws {
    #expect(try chosen(["/n/{id}"], "/n/a%2520b") == "/n/{id} id=a%20b")
    #expect(try chosen(["/n/{id}"], "/n/%C3%A9") == "/n/{id} id=é")
  }

  @Test func `each method has its own names for the same captures`() throws {
    var router = Router()
    router.get("/u/{id}") { request in .text(request.parameter("id") ?? "none") }
    router.delete("/u/{name}") { request in .text(request.parameter("name") ?? "none") }
    #expect(try ask(router, "/u/7").text == "7")
    #expect(try ask(router, "DELETE", "/u/7").text == "7")
  }

  @Test func `every one of 500 routes is found, and nothing else`() throws {
    var router = Router()
    for number in 0..<100 {
      router.get("/r\(number)") { _ in .text("list \(number)") }
      router.get("/r\(number)/{id}") { request in .text("\(number) \(request.parameter("id") ?? "")") }
      router.get("/r\(number)/{id}/edit") { _ in .text("edit \(number)") }
      router.get("/v2/r\(number)/*/x") { _ in .text("x \(number)") }
      router.get("/f\(number)/**") { _ in .text("rest \(number)") }
    }
    #expect(router.routes.count == 500)
    for number in 0..<100 {
      #expect(try ask(router, "/r\(number)").text == "list \(number)")
      #expect(try ask(router, "/r\(number)/\(number)").text == "\(number) \(number)")
      #expect(try ask(router, "/r\(number)/5/edit").text == "edit \(number)")
      #expect(try ask(router, "/v2/r\(number)/q/x").text == "x \(number)")
      #expect(try ask(router, "/f\(number)/a/b").text == "rest \(number)")
      #expect(try ask(router, "/r\(number)/5/edited").status == 404)
      #expect(try ask(router, "/s\(number)").status == 404)
    }
  }
}
