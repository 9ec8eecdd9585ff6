import ApusWire
import Testing

/// Finding fields in a head, and members in their lists.
struct FieldLookupTests {
  private func members(_ value: String, tokens: Bool = false) -> [String] {
    let bytes = wire(value)
    var list = tokens ? FieldList(tokens: bytes.span) : FieldList(bytes.span)
    var members: [String] = []
    while let member = list.next() { members.append(text(bytes[member])) }
    return members
  }

  @Test(
    arguments: [
      ("", []), (",", []), (" , ,\t,", []), ("a", ["a"]), ("a,b", ["a", "b"]), (" a , b ", ["a", "b"]),
      ("a b,c", ["a b", "c"]), (",a,,b,", ["a", "b"]), ("a;q=1, b;q=0.5", ["a;q=1", "b;q=0.5"]),
      ("\"a,b\", c", ["\"a,b\"", "c"]), ("x=\"a\\\",b\",c", ["x=\"a\\\",b\"", "c"]), ("\"a, b", ["\"a, b"]),
      ("\"a\\", ["\"a\\"]),
    ] as [(String, [String])])
  func `a list has the members between its commas`(value: String, expected: [String]) {
    #expect(members(value) == expected)
  }

  @Test func `in a list of tokens a quote hides no comma`() {
    #expect(members("\"a, close", tokens: true) == ["\"a", "close"])
  }

  @Test func `the first line of a name is found in any case`() {
    let bytes = wire("GET / HTTP/1.1\r\nHost: h\r\nX-Mode: one\r\nx-mode: two\r\nX-Mod: no\r\n\r\n")
    var head = RequestHead()
    var table = FieldTable(capacity: 100)
    var parser = RequestParser()
    let outcome = parser.parse(bytes.span, into: &head, fields: &table)
    #expect(outcome == .complete)
    let fields = table.span
    func value(_ name: String, from index: Int = 0) -> String? {
      nextValue(of: name, from: index, in: bytes.span, fields: fields).map { text(bytes[$0.value.range]) }
    }
    #expect(firstValue(of: "x-mode", in: bytes.span, fields: fields).map { text(bytes[$0.range]) } == "one")
    #expect(value("x-mode") == "one")
    #expect(value("x-mode", from: 2) == "two")
    #expect(value("x-mode", from: 3) == nil)
    #expect(value("x-missing") == nil)
    let found = lists("two", in: "x-mode", of: bytes.span, fields: fields)
    let missing = lists("three", in: "x-mode", of: bytes.span, fields: fields)
    #expect(found)
    #expect(!missing)
  }

  @Test func `a table holds as many lines as it has room for, and forgets them`() {
    var table = FieldTable(capacity: 2)
    let line = FieldLine(name: ByteSlice(offset: 1, count: 2), value: ByteSlice(offset: 4, count: 5))
    table.append(line)
    table.append(line)
    #expect(table.count == 2)
    let last = table.span[1]
    #expect(last == line)
    table.removeAll()
    let isEmpty = table.span.isEmpty
    #expect(isEmpty && table.count == 0)
  }
}
