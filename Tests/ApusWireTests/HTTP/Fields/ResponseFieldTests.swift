import ApusWire
import Testing

/// Fields of an answer, and statuses: what may be made at all.
struct ResponseFieldTests {
  @Test(arguments: [
    ("X-A", "v"), ("x", ""), ("ETag", "\"a b\""), ("X", "caf\u{E9}"), ("X", "a\tb"), ("!#$%&'*+-.^_`|~", "v"),
  ])
  func `a token and plain text make a field`(name: String, value: String) {
    let field = ResponseField(name: name, value: value)
    #expect(field?.name == name)
    #expect(field?.value == value)
    #expect(field?.byteCount == "\(name): \(value)\r\n".utf8.count)
  }

  @Test(arguments: [
    ("X", "a\r\nSet-Cookie: x"), ("X", "a\nb"), ("X", "a\rb"), ("X", "a\0b"), ("X", "\u{7F}"),
    ("X", "\u{1B}[0m"),
    ("X", " v"), ("X", "v "), ("X", "\tv"), ("", "v"), ("X Y", "v"), ("X:", "v"), ("X\r\n", "v"),
    ("caf\u{E9}", "v"),
  ])
  func `a name or value that could split a response makes no field`(name: String, value: String) {
    #expect(ResponseField(name: name, value: value) == nil)
  }

  @Test(arguments: [
    ("X-A", "a\r\nSet-Cookie: x"), ("X-A", "\0"), ("X-A", " v"), ("X-A\r\nB", "v"), ("", "v"),
  ])
  func `text of a peer's makes a field that is refused, and holds none of that text`(
    name: String, value: String
  ) {
    let field = ResponseField(name, value)
    #expect(field.isRefused)
    #expect(["", "X-A"].contains(field.name))
    #expect(field.value == "")
    #expect(!ResponseField("X-A", "plain").isRefused)
  }

  @Test func `a literal that is no field line traps when it is made`() async {
    await #expect(processExitsWith: .failure) { _ = ResponseField(literal: "X-A", "a\nb") }
  }

  @Test(arguments: [0, 99, 600, 999, 65_535] as [UInt16])
  func `a number that is no status is none that an answer may have`(code: UInt16) {
    #expect(!Status(code).isFinal)
    #expect(Status(200).isFinal && Status(599).isFinal && !Status(199).isFinal)
  }

  @Test func `a status has a reason, known or not`() {
    #expect(Status.ok.code == 200)
    #expect(Status.ok.reason == "OK")
    #expect(Status.contentTooLarge.reason == "Content Too Large")
    #expect((299 as Status).reason == "Unknown")
    #expect(Status.notFound == 404)
    #expect(Status.continue.isInformational && Status.ok.isSuccess && Status.badGateway.isError)
    #expect(!Status.notFound.isSuccess && !Status.found.isError)
  }

  @Test func `1xx, 204 and 304 forbid content`() {
    let forbidding = (100...599).filter { Status(UInt16($0)).forbidsContent }
    #expect(forbidding == Array(100...199) + [204, 304])
  }
}
