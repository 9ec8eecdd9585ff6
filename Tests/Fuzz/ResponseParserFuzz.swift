// A libFuzzer target for response heads, see scripts/fuzz. It is compiled together with
// the sources of ApusWire.

/// One input: a head, or the beginning of one, or noise. Its first byte chooses the request's method.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzResponseParser(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let start, count > 0 else { return 0 }
  // Safety: libFuzzer lends `count` bytes for the duration of the call. The copy has exactly the size of the
  // head, so that AddressSanitizer sees the first byte read past it.
  let input = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
  let method = [Method.get, .head, .connect, .post][Int(input[0] & 3)]
  let fuzz = ResponseParserFuzz(bytes: Array(input.dropFirst()), method: method)
  fuzz.check(ResponseParserFuzz.usual)
  fuzz.check(ResponseParserFuzz.narrow)
  return 0
}

struct ResponseParserFuzz {
  static let usual = ResponseParser()
  /// Limits that short inputs reach.
  static let narrow = ResponseParser(
    limits: HeadLimits(requestLineBytes: 64, headBytes: 128, fieldCount: 3))

  let bytes: [UInt8]
  let method: Method

  func check(_ parser: ResponseParser) {
    var table = FieldTable(capacity: parser.limits.fieldCount)
    var head = ReceivedHead()
    let whole = parser.parse(bytes.span, answering: method, into: &head, fields: &table)
    if whole == .complete { checkHead(head, table, parser.limits) }
    checkPrefixes(parser, whole)
    checkScanner(parser, whole, head)
    checkFolds(parser, whole)
  }

  /// Everything that a head names lies inside it, in order, and what it concludes goes together.
  private func checkHead(_ head: ReceivedHead, _ table: borrowing FieldTable, _ limits: HeadLimits) {
    require(head.byteCount <= min(bytes.count, limits.headBytes), "head past its bytes")
    require(head.fieldCount == table.count && table.count <= limits.fieldCount, "count of fields")
    var end = head.reason.range.upperBound
    let lines = table.span
    for index in lines.indices {
      require(lines[index].name.range.lowerBound >= end && !lines[index].name.isEmpty, "order of lines")
      require(lines[index].value.range.lowerBound > lines[index].name.range.upperBound, "order in a line")
      end = lines[index].value.range.upperBound
      for byte in bytes[lines[index].value.range] {
        require(byte == 0x09 || byte >= 0x20 && byte != 0x7F, "control byte in a value")
      }
    }
    require(end < head.byteCount, "last line past the head")
    require((100...999).contains(head.statusCode), "status \(head.statusCode)")
    require(head.status.code == (head.statusCode > 599 ? 500 : head.statusCode), "status \(head.status)")
    require(
      !head.keepsAlive || head.framing != .untilClose, "a body without an end on a connection that stays")
    if head.status.forbidsContent || method == .head {
      require(head.framing == .none, "content where none can be")
    }
    if head.known.contains(.transferEncoding) {
      require(!head.known.contains(.contentLength), "two lengths")
    }
  }

  /// A prefix is `partial`, or what the whole is; and then it stays so.
  private func checkPrefixes(_ parser: ResponseParser, _ whole: ParseOutcome) {
    var table = FieldTable(capacity: parser.limits.fieldCount)
    var head = ReceivedHead()
    var isSettled = false
    for count in 0..<min(bytes.count, 400) {
      let prefix = bytes.span.extracting(0..<count)
      let outcome = parser.parse(prefix, answering: method, into: &head, fields: &table)
      if outcome == .partial, !isSettled { continue }
      require(outcome == whole, "\(count) bytes give \(outcome), all \(whole)")
      isSettled = true
    }
  }

  /// Where folded lines are taken, every way to cut a head gives the same; a head without them is what it
  /// was, and one whose folds are gone has none.
  private func checkFolds(_ parser: ResponseParser, _ strict: ParseOutcome) {
    if bytes.isEmpty { return }
    let whole = takingFolds(parser) { $0 }
    let pieces = takingFolds(parser) { 1 + Int(bytes[$0 - 1] & 3) }
    if strict != .invalid(.foldedLine), strict != .partial {
      // The scanner waits for the end of a line that is wrong.
      require(whole == strict || whole == .partial, "taking folds \(whole), refusing them \(strict)")
    }
    require(pieces == whole || pieces == .partial || whole == .partial, "in pieces \(pieces), whole \(whole)")
  }

  /// - Parameter step: Of the bytes that have come, how many more come next; all at first
  ///   where it is what has come.
  private func takingFolds(_ parser: ResponseParser, _ step: (Int) -> Int) -> ParseOutcome {
    var scanner = HeadScanner(response: (), takesFolds: true)
    var count = step(bytes.count)
    while true {
      count = min(count, bytes.count)
      switch scanner.scan(bytes.span.extracting(0..<count), limits: parser.limits) {
      case .partial:
        if count == bytes.count { return .partial }
        count += step(count)
      case .invalid(let error): return .invalid(error)
      case .complete(let end): return parseUnfolded(parser, bytes.span.extracting(0..<end))
      }
    }
  }

  private func parseUnfolded(_ parser: ResponseParser, _ head: Span<UInt8>) -> ParseOutcome {
    let lines = [UInt8](capacity: head.count) { FoldedLines.unfold(head, into: &$0) }
    var table = FieldTable(capacity: parser.limits.fieldCount)
    var received = ReceivedHead()
    let outcome = parser.parse(lines.span, answering: method, into: &received, fields: &table)
    require(outcome != .partial && outcome != .invalid(.foldedLine), "a fold is left: \(outcome)")
    if outcome == .complete { require(received.byteCount == lines.count, "the head ends elsewhere") }
    return outcome
  }

  /// The scanner gives the parser's reason, at the latest when the line ends, or finds the parser's end.
  private func checkScanner(_ parser: ResponseParser, _ whole: ParseOutcome, _ head: ReceivedHead) {
    var scanner = HeadScanner(response: ())
    var table = FieldTable(capacity: parser.limits.fieldCount)
    var scanned = ReceivedHead()
    var count = 0
    while count < bytes.count {
      count = min(bytes.count, count + 1 + Int(bytes[count] & 7))
      switch scanner.scan(bytes.span.extracting(0..<count), limits: parser.limits) {
      case .partial: continue
      case .invalid(let error):
        return require(whole == .invalid(error), "scanner \(error), parser \(whole)")
      case .complete(let byteCount):
        let found = bytes.span.extracting(0..<byteCount)
        let outcome = parser.parse(found, answering: method, into: &scanned, fields: &table)
        require(outcome == whole, "behind the scanner \(outcome), at once \(whole)")
        require(whole != .complete || byteCount == head.byteCount, "scanner ends at \(byteCount)")
        return
      }
    }
    if whole == .partial { return }
    let line = bytes + [0x0D, 0x0A]
    guard case .invalid(let error) = scanner.scan(line.span, limits: parser.limits) else {
      fatalError("scanner wants more, parser gives \(whole)")
    }
    require(whole == .invalid(error), "scanner \(error) at the line's end, parser \(whole)")
  }
}
