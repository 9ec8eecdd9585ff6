// ResponseParser: from bytes to a ReceivedHead in one pass, the client's counterpart of RequestParser. If the
// head is not whole, a HeadScanner follows the further bytes and the parser runs once more at the end. It
// never keeps, copies or allocates anything.

/// Parses response heads as strictly as requests are parsed: a server that is let get away with two lengths
/// or a lone LF can make one response out of two, or two out of one. A client must take two things that a
/// request may not have: a status beyond 599 (RFC 9110 15), which counts as 500, and folded lines (RFC 9112
/// 5.2), which are `foldedLine` here: who takes them has a `HeadScanner` follow the head to its end, and
/// parses what `FoldedLines.unfold` makes of it.
///
/// No empty line may precede a status line: bytes between responses are stray, and end the connection.
/// Order of faults, the same for every way in which the bytes are split: first what is wrong with a line, in
/// the order of lines, then what the fields mean together.
package struct ResponseParser: Sendable {
  package let limits: HeadLimits
  private let names = KnownFieldTable(KnownFields.responseNames)

  /// `limits.requestLineBytes` bounds the status line.
  package init(limits: HeadLimits = HeadLimits()) { self.limits = limits }

  /// Parses the head that starts at the first byte, as a response to a request with `method`.
  ///
  /// `head` and `fields` are overwritten, and mean something only after `complete`. `fields` must have room
  /// for `limits.fieldCount` lines. What follows the head in `bytes` is not looked at.
  package func parse(
    _ bytes: Span<UInt8>, answering method: Method, into head: inout ReceivedHead, fields: inout FieldTable
  ) -> ParseOutcome {
    precondition(fields.capacity >= limits.fieldCount, "field table smaller than \(limits.fieldCount)")
    fields.removeAll()
    var room = fields.room
    let outcome = parse(bytes, answering: method, into: &head, lines: &room)
    if outcome == .complete { fields.use(head.fieldCount) }
    return outcome
  }

  @inline(__always)
  private func parse(
    _ bytes: Span<UInt8>, answering method: Method, into head: inout ReceivedHead,
    lines: inout MutableSpan<FieldLine>
  ) -> ParseOutcome {
    let end = min(bytes.count, limits.headBytes)
    var line = StatusLine()
    let lineEnd = limits.requestLineEnd(from: 0, to: end)
    var cursor: Int
    switch line.read(bytes, from: 0, to: lineEnd) {
    case .complete(let next): cursor = next
    case .partial:
      return limits.allowsMore(than: lineEnd, lineStart: 0) ? .partial : .invalid(.statusLineTooLong)
    case .invalid(let error): return .invalid(error)
    }

    var facts = ResponseFacts()
    var count = 0
    while true {
      // The usual end, before the more general reading that would find it too.
      if end &- cursor >= 2, bytes[cursor] == ASCII.carriageReturn, bytes[cursor &+ 1] == ASCII.lineFeed {
        return facts.finish(line, method: method, byteCount: cursor &+ 2, fieldCount: count, into: &head)
      }
      let known = names.match(bytes, from: cursor, to: end)
      let outcome =
        if let known {
          FieldLine.readValue(bytes, from: cursor, colon: known.end, to: end)
        } else {
          FieldLine.read(bytes, from: cursor, to: end)
        }
      switch outcome {
      case .line(let field, let next):
        if count == limits.fieldCount { return .invalid(.tooManyFields) }
        lines[count] = field
        count &+= 1
        if let known {
          facts.known.formUnion(known.field)
          if !known.field.isDisjoint(with: .decisiveInResponse) {
            facts.note(known.field, field.value, in: bytes)
          }
        }
        cursor = next
      case .endOfHead(let next):
        return facts.finish(line, method: method, byteCount: next, fieldCount: count, into: &head)
      case .partial:
        return end < limits.headBytes ? .partial : .invalid(.headTooLarge)
      case .invalid(let error):
        return .invalid(error)
      }
    }
  }
}

extension KnownFields {
  /// Fields that decide about framing and persistence of a response.
  static let decisiveInResponse: KnownFields = [.connection, .contentLength, .transferEncoding, .keepAlive]

  /// The names of a response that are found by the table. Those without a bit are here because a name that is
  /// found needs no check of its grammar: they stand in nearly every head.
  static let responseNames: [(String, KnownFields)] = [
    ("accept-ranges", []),
    ("age", []),
    ("cache-control", .cacheControl),
    ("connection", .connection),
    ("content-encoding", .contentEncoding),
    ("content-length", .contentLength),
    ("content-type", .contentType),
    ("date", []),
    ("etag", []),
    ("expires", []),
    ("keep-alive", .keepAlive),
    ("last-modified", []),
    ("location", []),
    ("server", []),
    ("set-cookie", []),
    ("trailer", .trailer),
    ("transfer-encoding", .transferEncoding),
    ("upgrade", .upgrade),
    ("vary", []),
    ("via", []),
    ("www-authenticate", []),
    ("x-request-id", .requestID),
  ]
}
