// RelayedFields: which field lines of a head an intermediary hands on (RFC 9110 section 7.6.1), and copying them. Lines are copied
// as they came: the parser has let nothing pass that could end one, or begin another. The proxy's two heads are written with it.

/// Tells lines that are handed on from those that are not.
package struct RelayedFields: Sendable {
  private let dropped: KnownFieldTable

  /// Of one connection, or said anew by whoever hands the message on.
  private static let ofConnection = [
    "connection", "content-length", "expect", "keep-alive", "proxy-authenticate", "proxy-authorization",
    "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
  ]
  /// What a client may say of others in front of it.
  private static let ofForwarding = [
    "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip",
  ]

  private init(_ names: [String]) { dropped = KnownFieldTable(names.map { ($0, []) }) }

  /// For requests; Host is written anew, and so is `Max-Forwards` where it is counted.
  package static func request(keepsForwarded: Bool, countsForwards: Bool = false) -> RelayedFields {
    RelayedFields(
      ofConnection + ["host"] + (keepsForwarded ? [] : ofForwarding)
        + (countsForwards ? ["max-forwards"] : []))
  }

  /// For responses; Date is that of whoever hands them on.
  package static func response() -> RelayedFields { RelayedFields(ofConnection + ["date", "server"]) }

  /// Appends the lines that are handed on, each with its CRLF; no more bytes than the head has.
  ///
  /// - Parameters:
  ///   - bytes: The whole head, to the end of its empty line.
  ///   - hasConnection: There is a field `Connection`, which may name others that stay behind.
  package func copy(
    _ bytes: Span<UInt8>, _ lines: Span<FieldLine>, hasConnection: Bool, into output: inout OutputSpan<UInt8>
  ) {
    let names = hasConnection && Self.namesFields(bytes, lines)
    // Lines that stand together are copied together.
    var start = 0
    var isKept = false
    for index in lines.indices {
      let line = Int(lines[index].name.offset)
      let keeps = keeps(bytes, lines, index, names)
      if keeps == isKept { continue }
      if isKept { output.append(copying: bytes.extracting(start..<line)) }
      isKept = keeps
      start = line
    }
    if isKept { output.append(copying: bytes.extracting(start..<bytes.count - 2)) }
  }

  /// The line is handed on.
  package func keeps(_ bytes: Span<UInt8>, _ lines: Span<FieldLine>, _ index: Int) -> Bool {
    keeps(bytes, lines, index, Self.namesFields(bytes, lines))
  }

  @inline(__always)
  private func keeps(_ bytes: Span<UInt8>, _ lines: Span<FieldLine>, _ index: Int, _ names: Bool) -> Bool {
    if dropped.match(bytes, from: Int(lines[index].name.offset), to: bytes.count) != nil { return false }
    return !names || !Self.isNamed(bytes[lines[index].name], bytes, lines)
  }

  /// `Connection` names more than what any connection may say of itself.
  private static func namesFields(_ bytes: Span<UInt8>, _ lines: Span<FieldLine>) -> Bool {
    var index = 0
    while let found = nextValue(of: "connection", from: index, in: bytes, fields: lines) {
      let value = bytes[found.value]
      var list = FieldList(tokens: value)
      while let member = list.next() {
        let option = value.extracting(member)
        if !option.equalsIgnoringCase("keep-alive"), !option.equalsIgnoringCase("close") { return true }
      }
      index = found.index + 1
    }
    return false
  }

  /// `Connection` is no longer than anybody needs. Each line is compared with each of its options: a head full of them would cost
  /// a thousand times what another of its size does.
  package static func hasFewOptions(_ bytes: Span<UInt8>, _ lines: Span<FieldLine>) -> Bool {
    var count = 0
    var index = 0
    while let found = nextValue(of: "connection", from: index, in: bytes, fields: lines) {
      count += found.value.range.count
      index = found.index + 1
    }
    return count <= optionByteLimit
  }

  /// Bytes of the values of `Connection` in a request that is handed on.
  package static let optionByteLimit = 512

  private static func isNamed(_ name: Span<UInt8>, _ bytes: Span<UInt8>, _ lines: Span<FieldLine>) -> Bool {
    var index = 0
    while let found = nextValue(of: "connection", from: index, in: bytes, fields: lines) {
      let value = bytes[found.value]
      var list = FieldList(tokens: value)
      while let member = list.next() {
        if value.extracting(member).equalsIgnoringCase(as: name) { return true }
      }
      index = found.index + 1
    }
    return false
  }
}

extension Span where Element == UInt8 {
  /// Whether both are the same name, in any case.
  func equalsIgnoringCase(as other: Span<UInt8>) -> Bool {
    guard count == other.count else { return false }
    for index in indices where self[index].lowercased != other[index].lowercased { return false }
    return true
  }
}
