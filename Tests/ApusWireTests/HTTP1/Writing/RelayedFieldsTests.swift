import ApusTesting
import ApusWire
import Testing

/// Which lines of a head are handed on, against a reading of the head that is slow and plain.
@Suite struct RelayedFieldsTests {
  private static let ofConnection: Set<String> = [
    "connection", "content-length", "expect", "keep-alive", "proxy-authenticate", "proxy-authorization",
    "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
  ]
  private static let ofForwarding: Set<String> = [
    "forwarded", "x-forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-real-ip",
    "x-original-url", "client-ip", "x-forwarded-", "front-end-https",
  ]
  /// With an underscore: of a name that is dropped, and of others.
  private static let twins = [
    "x_forwarded_for", "x-forwarded_x", "te_", "keep_alive", "x_a", "front-end_https",
    "a_long_name_beyond_all_that_are_known",
  ]

  private static func kept(_ lines: [(name: String, value: String)], _ dropped: Set<String>) -> String {
    var dropped = dropped
    for line in lines where line.name.lowercased() == "connection" {
      for option in line.value.split(separator: ",") {
        let option = option.filter { $0 != " " }.lowercased()
        if option != "close", option != "keep-alive" { dropped.insert(option) }
      }
    }
    return lines.filter { !dropped.contains($0.name.lowercased()) }.map { "\($0.name):\($0.value)\r\n" }
      .joined()
  }

  @Test func `lines pass as they came, unless they are their connection's or said anew`() {
    for seed in Seed.list(standard: 500) {
      var random = SeededGenerator(seed: seed)
      let names =
        Self.ofConnection.sorted() + Self.ofForwarding.sorted() + Self.twins
        + ["date", "server", "cookie", "x-a", "x-b", "accept", "te2", "connections", "x-forwardeds", "proxy"]
      let options = ["close", "keep-alive", "x-a", "X-B", "te", "Upgrade", "cookie", "host"]
      var lines: [(name: String, value: String)] = []
      for _ in 0..<Int.random(in: 0...12, using: &random) {
        var name = names[Int.random(in: 0..<names.count, using: &random)]
        // What decides on the framing is the parser's, which would refuse what is drawn by lot.
        if ["content-length", "transfer-encoding", "expect"].contains(name) { name = "x-c" }
        let value =
          name == "connection"
          ? (0..<Int.random(in: 1...3, using: &random)).map { _ in
            options[Int.random(in: 0..<options.count, using: &random)]
          }.joined(separator: ", ")
          : ["", " 1", "  two words ", "\"a, b\""][Int.random(in: 0...3, using: &random)]
        lines.append((Int.random(in: 0..<3, using: &random) == 0 ? name.uppercased() : name, value))
      }
      let text =
        "GET / HTTP/1.1\r\nHost:a\r\n" + lines.map { "\($0.name):\($0.value)\r\n" }.joined() + "\r\n"
      let comment = Comment(rawValue: Seed.commandLine(seed, filter: "RelayedFieldsTests"))
      for keepsForwarded in [false, true] {
        var dropped = Self.ofConnection.union(["host", "proxy"])
        if !keepsForwarded { dropped.formUnion(Self.ofForwarding) }
        #expect(
          Self.copied(text, .request(keepsForwarded: keepsForwarded))
            == Self.kept(lines, dropped.union(Self.twins)), comment)
        let twins = Self.twins.filter { name in
          let dashed = name.replacing("_", with: "-")
          return Self.ofConnection.union(Self.ofForwarding).contains(dashed)
            || dashed.hasPrefix("x-forwarded-")
        }
        #expect(
          Self.copied(text, .request(keepsForwarded: keepsForwarded, underscores: .passedUnlessTwin))
            == Self.kept(lines, dropped.union(twins)), comment)
      }
      let back = Self.ofConnection.union(["date", "server"])
      #expect(Self.copied(text, .response()) == Self.kept([("Host", "a")] + lines, back))
    }
  }

  private static func copied(_ text: String, _ fields: RelayedFields) -> String {
    let bytes = Array(text.utf8)
    var parser = RequestParser()
    var head = RequestHead()
    var table = FieldTable(capacity: HeadLimits().fieldCount)
    guard parser.parse(bytes.span, into: &head, fields: &table) == .complete else { return "no head" }
    let copy = [UInt8](capacity: bytes.count) {
      fields.copy(
        bytes.span, table.span, hasConnection: head.known.contains(.connection), into: &$0)
    }
    return String(decoding: copy, as: UTF8.self)
  }
}
