// HeadWriter: from a ResponseHead to bytes. One per core. What every answer has in common
// is rendered once a second.

/// Writes response heads (RFC 9112 4, 5). The version is always HTTP/1.1 (RFC 9110 6.2).
package struct HeadWriter: ~Copyable {
  /// `HTTP/1.1 200 OK CRLF Date: ... CRLF Server: ... CRLF`: the whole start of most answers.
  /// Others skip its first line.
  private var common: [UInt8]
  private let serverName: String?
  /// The value of `Strict-Transport-Security` (RFC 6797), which only responses over TLS have; nil for none.
  private let strictTransport: String?
  private var second: Int64
  private var repeated = RepeatedHead()
  private var isSecured = false
  /// `common` and `repeated` of the other kind of connection, with or without TLS.
  private var otherCommon: [UInt8]
  private var otherRepeated = RepeatedHead()

  private static let okLineBytes = 17

  /// The only content that an answer of 100 has.
  package static let continueHead: StaticString = "HTTP/1.1 100 Continue\r\n\r\n"

  /// - Parameters:
  ///   - serverName: The value of `Server`, checked like any field value; nil for none.
  ///   - strictTransport: The value of `Strict-Transport-Security`; nil for none.
  package init(serverName: String?, strictTransport: String? = nil, unixSeconds: Int64 = 0) {
    if let serverName {
      precondition(
        ResponseField(name: "Server", value: serverName) != nil, "server name with a control character")
    }
    self.serverName = serverName
    self.strictTransport = strictTransport
    second = unixSeconds
    common = Self.render(serverName, nil, unixSeconds)
    otherCommon = strictTransport.map { Self.render(serverName, $0, unixSeconds) } ?? []
    // Status line with the longest reason 51, Content-Type 50, Content-Length 38, Connection and
    // Keep-Alive 53, end 2. A number beside the bytes: their count lies with them, in memory that nothing
    // else has brought near yet.
    byteBound = max(common.count, otherCommon.count) + 176
  }

  /// Sets the time that `Date` shows. Costs a comparison unless the second has changed.
  package mutating func setDate(unixSeconds: Int64) {
    if unixSeconds == second { return }
    second = unixSeconds
    common = Self.render(serverName, isSecured ? strictTransport : nil, unixSeconds)
    repeated.forget()
    guard let strictTransport else { return }
    otherCommon = Self.render(serverName, isSecured ? nil : strictTransport, unixSeconds)
    otherRepeated.forget()
  }

  /// The next responses go over TLS, or not. Costs a comparison unless that has changed.
  package mutating func select(isSecured: Bool) {
    guard isSecured != self.isSecured, strictTransport != nil else { return }
    self.isSecured = isSecured
    swap(&common, &otherCommon)
    swap(&repeated, &otherRepeated)
  }

  private static func render(
    _ serverName: String?, _ strictTransport: String?, _ unixSeconds: Int64
  ) -> [UInt8] {
    let server = serverName.map { $0.utf8.count + 10 } ?? 0
    let strict = strictTransport.map { $0.utf8.count + 29 } ?? 0
    return [UInt8](capacity: okLineBytes + 37 + server + strict) { (output: inout OutputSpan<UInt8>) in
      output.append(ascii: "HTTP/1.1 200 OK\r\nDate: ")
      HTTPDate.write(unixSeconds: unixSeconds, into: &output)
      output.append(ascii: "\r\n")
      if let serverName {
        output.append(ascii: "Server: ")
        output.append(copying: serverName.utf8.span)
        output.append(ascii: "\r\n")
      }
      if let strictTransport {
        output.append(ascii: "Strict-Transport-Security: ")
        output.append(copying: strictTransport.utf8.span)
        output.append(ascii: "\r\n")
      }
    }
  }

  /// Writes the head and the empty line that ends it. Traps if `output` has less room than `byteBound` says.
  @inline(__always)
  package mutating func write(_ head: ResponseHead, into output: inout OutputSpan<UInt8>) {
    if !repeated.write(head, into: &output) { writeAnother(head, into: &output) }
  }

  @inline(never)
  private mutating func writeAnother(_ head: ResponseHead, into output: inout OutputSpan<UInt8>) {
    let start = output.count
    writeStart(head, into: &output)
    output.append(ascii: "\r\n")
    repeated.note(head, output.span.extracting(start..<output.count))
  }

  /// The same with fields of the handler's: `extra` one by one, `encoded` as whole lines.
  package func write(
    _ head: ResponseHead, extra: borrowing [ResponseField], encoded: Span<UInt8>,
    into output: inout OutputSpan<UInt8>
  ) {
    writeStart(head, into: &output)
    let fields = extra.span
    for index in fields.indices {
      output.append(copying: fields[index].name.utf8.span)
      output.append(ascii: ": ")
      output.append(copying: fields[index].value.utf8.span)
      output.append(ascii: "\r\n")
    }
    output.append(copying: encoded)
    output.append(ascii: "\r\n")
  }

  /// The same with lines of another response's head.
  package func write(
    _ head: ResponseHead, relaying bytes: Span<UInt8>, _ lines: Span<FieldLine>, hasConnection: Bool,
    _ fields: borrowing RelayedFields, into output: inout OutputSpan<UInt8>
  ) {
    writeStart(head, into: &output)
    fields.copy(bytes, lines, hasConnection: hasConnection, into: &output)
    output.append(ascii: "\r\n")
  }

  /// All that the server itself says.
  @inline(__always)
  private func writeStart(_ head: ResponseHead, into output: inout OutputSpan<UInt8>) {
    if head.status.code == 200 {
      output.append(copying: common.span)
    } else {
      writeStatusLine(head.status, into: &output)
      output.append(copying: common.span.extracting(droppingFirst: Self.okLineBytes))
    }
    if let type = head.mediaType {
      output.append(copying: type.line.span)
      output.append(ascii: "\r\n")
    }
    switch head.framing {
    case .none: break
    case .length(let count):
      output.append(ascii: "Content-Length: ")
      output.append(decimal: count)
      output.append(ascii: "\r\n")
    case .chunked:
      output.append(ascii: "Transfer-Encoding: chunked\r\n")
    }
    if head.connection != .implicit { writeConnection(head.connection, into: &output) }
  }

  private func writeStatusLine(_ status: Status, into output: inout OutputSpan<UInt8>) {
    output.append(ascii: "HTTP/1.1 ")
    output.append(decimal: UInt64(status.code))
    output.append(ASCII.space)
    output.append(copying: status.reason.utf8.span)
    output.append(ascii: "\r\n")
  }

  private func writeConnection(_ connection: ConnectionDirective, into output: inout OutputSpan<UInt8>) {
    switch connection {
    case .implicit: break
    case .close: output.append(ascii: "Connection: close\r\n")
    case .keepAlive: output.append(ascii: "Connection: keep-alive\r\n")
    case .keepAliveTimeout(let seconds):
      output.append(ascii: "Connection: keep-alive\r\nKeep-Alive: timeout=")
      output.append(decimal: UInt64(seconds))
      output.append(ascii: "\r\n")
    }
  }

  /// No fewer bytes than `write` appends for any head without fields of the handler's; some
  /// 100 more than most need.
  package private(set) var byteBound: Int

  /// The same with such fields.
  package func byteBound(extra: borrowing [ResponseField], encodedBytes: Int) -> Int {
    var bound = byteBound + encodedBytes
    let fields = extra.span
    for index in fields.indices { bound += fields[index].byteCount }
    return bound
  }
}
