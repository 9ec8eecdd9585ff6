import ApusWire
import Testing

/// Queries: their pairs, and the decoding of form text.
struct QueryTests {
  private func items(_ query: String) -> [String] {
    let bytes = wire(query)
    var items = QueryItems(bytes.span)
    var found: [String] = []
    while let item = items.next() {
      found.append("\(text(bytes[item.name]))|\(text(bytes[item.value]))|\(item.needsDecoding)")
    }
    return found
  }

  @Test(
    arguments: [
      ("", []), ("&&", []), ("a", ["a||false"]), ("a=", ["a||false"]), ("a=b", ["a|b|false"]),
      ("=b", ["|b|false"]),
      ("a=b&c=d", ["a|b|false", "c|d|false"]), ("a=b=c", ["a|b=c|false"]),
      ("a=%20d&e", ["a|%20d|true", "e||false"]),
      ("a+b=c", ["a+b|c|true"]), ("&a=1&&b=2&", ["a|1|false", "b|2|false"]), ("a;b=c", ["a;b|c|false"]),
    ] as [(String, [String])])
  func `a query has the pairs between its ampersands`(query: String, expected: [String]) {
    #expect(items(query) == expected)
  }

  @Test(arguments: [
    ("a+b", "a b"), ("a%20b", "a b"), ("%2B", "+"), ("100%", "100%"), ("%zz%4", "%zz%4"),
    ("%C3%A9", "\u{C3}\u{A9}"),
    ("%00", "\0"), ("%2541", "%41"), ("", ""),
  ])
  func `form text is decoded once`(encoded: String, decoded: String) {
    let bytes = wire(encoded)
    #expect(written(bytes.count) { FormText.decode(bytes.span, into: &$0) } == decoded)
  }
}
