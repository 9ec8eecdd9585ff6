// RelayedFields: which field lines of a head an intermediary hands on (RFC 9110 section 7.6.1), and copying
// them. Lines are copied as they came: the parser has let nothing pass that could end one, or begin another.
// The proxy's two heads are written with it.

/// Tells lines that are handed on from those that are not.
package struct RelayedFields: Sendable {
  /// What becomes of a name with an underscore. CGI and its heirs make one variable of `X-A` and `X_A`, so
  /// that such a line says what another one was dropped for, or stands in the place of the proxy's own.
  package enum Underscores: Sendable {
    case passed
    /// Handed on, unless the same name with dashes is dropped, or would be if nobody in front were believed.
    case passedUnlessTwin
    case dropped
  }

  private let dropped: KnownFieldTable
  /// Names that no name with underscores may stand for.
  private let guarded: KnownFieldTable
  /// Names that begin like a forwarding field are dropped, too.
  private let dropsForwarding: Bool
  private let underscores: Underscores

  /// Of one connection, or said anew by whoever hands the message on.
  private static let ofConnection = [
    "connection", "content-length", "expect", "keep-alive", "proxy-authenticate", "proxy-authorization",
    "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
  ]
  /// What a proxy says of the client in front of it, and servers believe, beside what begins with one of
  /// `forwardingPrefixes`. Whether this proxy says it or not: what it does not say, nobody has said.
  private static let ofForwarding = [
    "forwarded", "x-forwarded", "x-real-ip", "x-client-ip", "x-cluster-client-ip", "true-client-ip",
    "client-ip",
    "cf-connecting-ip", "fastly-client-ip", "x-envoy-external-address", "x-rewrite-url", "x-scheme",
    "x-url-scheme", "front-end-https",
  ]
  private static let forwardingPrefixes: [StaticString] = ["x-forwarded-", "x-original-"]
  /// CGI takes it for the variable HTTP_PROXY, through which programs ask other servers (CVE-2016-5385).
  private static let traps = ["proxy"]

  private init(_ names: [String], dropsForwarding: Bool = false, underscores: Underscores = .passed) {
    guarded = KnownFieldTable((names + Self.ofForwarding).map { ($0, []) })
    dropped = dropsForwarding ? guarded : KnownFieldTable(names.map { ($0, []) })
    self.dropsForwarding = dropsForwarding
    self.underscores = underscores
  }

  /// For requests; Host is written anew, and so is `Max-Forwards` where it is counted.
  package static func request(
    keepsForwarded: Bool, countsForwards: Bool = false, underscores: Underscores = .dropped
  ) -> RelayedFields {
    RelayedFields(
      ofConnection + traps + ["host"] + (countsForwards ? ["max-forwards"] : []),
      dropsForwarding: !keepsForwarded, underscores: underscores)
  }

  /// For responses; Date is that of whoever hands them on.
  package static func response() -> RelayedFields { RelayedFields(ofConnection + ["date", "server"]) }

  /// Appends the lines that are handed on, each with its CRLF; no more bytes than the head has.
  ///
  /// - Parameters:
  ///   - bytes: The whole head, to the end of its empty line.
  ///   - hasConnection: There is a field `Connection`, which may name others that stay behind.
  ///   - name: Of a field that is written anew for this message; what a server may take
  ///     for it stays behind, too.
  package func copy(
    _ bytes: Span<UInt8>, _ lines: Span<FieldLine>, hasConnection: Bool, without name: String? = nil,
    into output: inout OutputSpan<UInt8>
  ) {
    let names = hasConnection && Self.namesFields(bytes, lines)
    // Lines that stand together are copied together.
    var start = 0
    var isKept = false
    for index in lines.indices {
      let line = Int(lines[index].name.offset)
      var keeps = keeps(bytes, lines, index, names)
      if let name, keeps { keeps = !bytes[lines[index].name].isTwin(of: name.utf8.span) }
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
    if underscores != .passed, dropsUnlisted(bytes[lines[index].name]) { return false }
    return !names || !Self.isNamed(bytes[lines[index].name], bytes, lines)
  }

  /// The same for a field behind the content, which its recipient may put with the others
  /// (RFC 9110 section 6.5.2).
  package func keepsTrailer(_ name: String) -> Bool {
    let line = Array(name.utf8) + [ASCII.colon]
    return dropped.match(line.span, from: 0, to: line.count) == nil
      && (underscores == .passed || !dropsUnlisted(line.span.extracting(0..<line.count - 1)))
  }

  /// A name that is not in the table is dropped all the same.
  private func dropsUnlisted(_ name: Span<UInt8>) -> Bool {
    if dropsForwarding, Self.beginsLikeForwarding(name) { return true }
    return Self.hasUnderscore(name) && (underscores == .dropped || isTwin(name))
  }

  private static func beginsLikeForwarding(_ name: Span<UInt8>) -> Bool {
    // Both begin with this letter, and few other names do.
    guard name.count > 0, name[0].lowercased == UInt8(ascii: "x") else { return false }
    return forwardingPrefixes.contains { prefix in
      let count = prefix.utf8CodeUnitCount
      return name.count >= count && name.extracting(0..<count).equalsIgnoringCase(prefix)
    }
  }

  private static func hasUnderscore(_ name: Span<UInt8>) -> Bool {
    var rest = name
    while rest.count > 8 {
      if Word.matches(of: ASCII.underscore, in: rest.firstWord) != 0 { return true }
      rest = rest.extracting(droppingFirst: 8)
    }
    return Word.matches(of: ASCII.underscore, in: rest.firstWord) != 0
  }

  /// With dashes in place of its underscores the name is one of those that are said by whoever
  /// may say them, or dropped.
  private func isTwin(_ name: Span<UInt8>) -> Bool {
    let line = [UInt8](capacity: name.count + 1) { output in
      for index in name.indices { output.append(name[index] == ASCII.underscore ? ASCII.dash : name[index]) }
      output.append(ASCII.colon)
    }
    return guarded.match(line.span, from: 0, to: line.count) != nil || Self.beginsLikeForwarding(line.span)
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

  /// `Connection` is no longer than anybody needs. Each line is compared with each of its options: a head
  /// full of them would cost a thousand times what another of its size does.
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
  /// Whether both are the same name to who takes an underscore for a dash, as CGI and its heirs do.
  fileprivate func isTwin(of other: Span<UInt8>) -> Bool {
    guard count == other.count else { return false }
    for index in indices where self[index].asVariable != other[index].asVariable { return false }
    return true
  }

  /// Whether both are the same name, in any case.
  package func equalsIgnoringCase(as other: Span<UInt8>) -> Bool {
    guard count == other.count else { return false }
    for index in indices where self[index].lowercased != other[index].lowercased { return false }
    return true
  }
}

extension UInt8 {
  fileprivate var asVariable: UInt8 { self == ASCII.underscore ? ASCII.dash : lowercased }
}
