import Apus
import ApusTesting
import Testing

/// Paths with escapes, as routes and their handlers see them.
@Suite struct EscapedPathTests {
  private func router() -> Router {
    var router = Router()
    router.get("/files/{name}") { request in .text("one \(request.parameter("name") ?? "")") }
    router.get("/files/{folder}/{name}") { request in
      .text("two \(request.parameter("folder") ?? "") \(request.parameter("name") ?? "")")
    }
    router.get("/id/{id}") { request in .text("\(try request.parameter("id", as: Int.self))") }
    router.get("/path/**") { request in .text(String(decoding: [UInt8](copying: request.path), as: UTF8.self))
    }
    router.get("/100%/x") { _ in .text("percent") }
    return router
  }

  @Test(arguments: [
    ("/files/@scope%2fpkg", "one @scope/pkg"), ("/files/a%2Fb%2fc", "one a/b/c"),
    ("/files/a%252Fb", "one a%2Fb"),
    ("/files/a%252fb", "one a%2fb"), ("/files/a%25252Fb", "one a%252Fb"), ("/files/%2F", "one /"),
    ("/files/a/b%2Fc", "two a b/c"), ("/files/a%2Fb/c", "two a/b c"), ("/files/50%25", "one 50%"),
    ("/files/%2541", "one %41"), ("/files/a%5Cb", "one a\\b"), ("/files/a%252%46", "one a%2F"),
    ("/files/caf%C3%A9", "one café"), ("/id/%31%32", "12"),
    ("/path/a%2fb", "/path/a%2Fb"), ("/path/a%252Fb", "/path/a%252Fb"), ("/path/a%5Cb%25", "/path/a\\b%"),
    ("/100%25/x", "percent"),
  ])
  func `an escaped slash is part of its segment, and captures undo it`(target: String, text: String) throws {
    let answer = try ask(router(), target)
    #expect(answer.status == 200 && answer.text == text)
  }

  @Test(arguments: [
    ("/a%20b", "/a%20b"), ("/a%20b", "/a b"), ("/caf%C3%A9", "/café"), ("/caf%c3%a9", "/caf%C3%A9"),
    ("/%3Aid", "/%3Aid"), ("/:id", "/%3Aid"), ("/what%3F", "/what%3F"), ("/a%2fb", "/a%2Fb"),
    ("/a%2Fb", "/a%2fb"),
    ("/a%252Fb", "/a%252Fb"), ("/a%5Cb", "/a%5Cb"), ("/100%25", "/100%"), ("/100%25", "/100%25"),
  ])
  func `a pattern's escapes are those of a path`(target: String, pattern: String) throws {
    var router = Router()
    router.get(pattern) { _ in .text("here") }
    router.group(pattern) { $0.get("/{x}") { request in .text(request.parameter("x") ?? "") } }
    #expect(router.faults == [])
    #expect(try ask(router, target).text == "here")
    #expect(try ask(router, target + "/below").text == "below")
  }

  @Test(arguments: [
    "/files/..%2f..%2fadmin", "/files/..%5c", "/files/a%2f.", "/files/%2e%2e%2f", "/path/a%2f../b",
  ])
  func `a dot segment between escaped separators is refused with its reason`(target: String) throws {
    let answer = try ask(router(), target)
    #expect(answer.status == 400)
    #expect(answer.text.contains("dot segment"), "\(answer.text)")
  }

  @Test(arguments: [
    ("/path/a%00", "control character"), ("/path/%zz", "percent sign"), ("/path/a\\b", "backslash"),
    ("/../x", "above the root"), ("/path/\u{E9}", "a byte in the request target is not allowed"),
  ])
  func `a path without a name is refused with its reason`(target: String, reason: String) throws {
    let answer = try ask(router(), target)
    #expect(answer.status == 400 && answer.text.contains(reason), "\(answer.text)")
  }

  @Test func `a capture that is not UTF-8 is there as bytes, with its escapes undone`() throws {
    var router = Router()
    router.get("/{name}") { request in
      let bytes = request.parameterBytes("name") ?? []
      let none = request.parameterBytes("other") == nil ? "none" : "some"
      return .text(bytes.map { String($0, radix: 16) }.joined(separator: " ") + ", \(none)")
    }
    #expect(try ask(router, "/%E9%ff").text == "e9 ff, none")
    #expect(try ask(router, "/%2F%252F").text == "2f 25 32 46, none")
    #expect(try ask(router, "/ab").text == "61 62, none")
  }
}
