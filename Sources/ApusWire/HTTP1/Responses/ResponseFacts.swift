// ResponseFacts: what the decisive fields of one response head say, gathered line by line and judged
// together at the end. The framing of responses is decided here and nowhere else (RFC 9112 6.3),
// their persistence too (9.3).

struct ResponseFacts {
  var known: KnownFields = []
  private var length = ContentLength()
  private var transferCodings = TransferCodings()
  private var connection = ConnectionOptions()
  private var idleHint: UInt32?

  /// Takes in one line of a decisive field.
  @inline(__always)
  mutating func note(_ field: KnownFields, _ value: ByteSlice, in bytes: Span<UInt8>) {
    let text = bytes[value]
    switch field {
    case .connection:
      connection.formUnion(ConnectionOptions(text))
    case .contentLength:
      length.note(text)
    case .transferEncoding:
      transferCodings.note(text)
    case .keepAlive:
      if let seconds = KeepAliveHint.timeout(text) { idleHint = min(idleHint ?? .max, seconds) }
    default: break
    }
  }

  /// Judges the head as a whole, as the answer to a request with `method`, and fills `head`.
  @inline(__always)
  func finish(
    _ line: StatusLine, method: Method, byteCount: Int, fieldCount: Int, into head: inout ReceivedHead
  ) -> ParseOutcome {
    let isOld = line.version == .http10
    var framing = ResponseFraming.untilClose
    if known.contains(.transferEncoding) {
      let fault = transferCodings.fault(besideLength: known.contains(.contentLength), isOld: isOld)
      if let fault { return .invalid(fault) }
      framing = .chunked
    } else if known.contains(.contentLength) {
      if let error = length.fault { return .invalid(error) }
      framing = length.value == 0 ? .none : .length(length.value)
    }
    let status = line.status
    let forbidsContent = status.forbidsContent
    // A server that announces content where there can be none may well send it: nothing behind it is certain.
    // 304 is the exception, its fields describe what a 200 would have had (RFC 9110 15.4.5).
    let isSuspect = forbidsContent && status.code != 304 && framing != .untilClose && framing != .none
    head.switchesProtocol = status.code == 101 || method == .connect && status.isSuccess
    if forbidsContent || method == .head || head.switchesProtocol { framing = .none }

    head.status = status
    head.statusCode = line.code
    head.version = line.version
    head.reason = line.reason
    head.framing = framing
    head.keepsAlive =
      !connection.contains(.close) && (!isOld || connection.contains(.keepAlive)) && framing != .untilClose
      && !isSuspect
    head.idleHint = idleHint
    head.known = known
    head.byteCount = byteCount
    head.fieldCount = fieldCount
    return .complete
  }
}
