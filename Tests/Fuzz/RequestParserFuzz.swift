// A libFuzzer target for request heads, see scripts/fuzz. It is compiled together with the sources of
// ApusWire, so it sees everything in them.

/// One input: a head, or the beginning of one, or noise.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzRequestParser(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let start else { return 0 }
  // Safety: libFuzzer lends `count` bytes for the duration of the call. The copy has exactly that size, so
  // that AddressSanitizer sees the first byte read past it.
  let bytes = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
  RequestParserFuzz(bytes).check(RequestParserFuzz.usual)
  RequestParserFuzz(bytes).check(RequestParserFuzz.narrow)
  return 0
}

struct RequestParserFuzz {
  static let usual = RequestParser()
  /// Limits that short inputs reach.
  static let narrow = RequestParser(limits: HeadLimits(requestLineBytes: 64, headBytes: 128, fieldCount: 3))

  private let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  func check(_ fresh: RequestParser) {
    var parser = fresh
    var table = FieldTable(capacity: parser.limits.fieldCount)
    var head = RequestHead()
    let whole = parser.parse(bytes.span, into: &head, fields: &table)
    if whole == .complete || whole == .invalid(.unknownExpectation) {
      checkSlices(of: head, table, parser.limits)
    }
    checkPrefixes(parser, whole)
    checkScanner(parser, whole, head)
    checkMemory(fresh)
  }

  /// A parser that has read the same before, or nearly the same, answers as one that has read nothing.
  private func checkMemory(_ fresh: RequestParser) {
    var used = fresh
    for _ in 0..<3 { checkAgreement(of: &used, fresh, on: bytes) }
    guard !bytes.isEmpty else { return }
    var other = bytes
    other[Int(bytes[bytes.count / 2]) % bytes.count] ^= 1
    for _ in 0..<3 { checkAgreement(of: &used, fresh, on: other) }
    checkAgreement(of: &used, fresh, on: bytes)
  }

  private func checkAgreement(of used: inout RequestParser, _ fresh: RequestParser, on bytes: [UInt8]) {
    var parser = fresh
    var (head, usedHead) = (RequestHead(), RequestHead())
    var table = FieldTable(capacity: parser.limits.fieldCount)
    var usedTable = FieldTable(capacity: parser.limits.fieldCount)
    let outcome = parser.parse(bytes.span, into: &head, fields: &table)
    require(used.parse(bytes.span, into: &usedHead, fields: &usedTable) == outcome, "outcome \(outcome)")
    guard outcome == .complete else { return }
    require("\(usedHead)" == "\(head)" && usedTable.count == table.count, "another head")
    for index in 0..<table.count { require(usedTable.span[index] == table.span[index], "line \(index)") }
  }

  /// Everything that a head names lies inside it, in order, and is what its grammar says.
  private func checkSlices(of head: RequestHead, _ table: borrowing FieldTable, _ limits: HeadLimits) {
    require(head.byteCount <= min(bytes.count, limits.headBytes), "head past its bytes")
    require(head.fieldCount == table.count && table.count <= limits.fieldCount, "count of fields")
    for slice in [head.methodSlice, head.path, head.query, head.host] {
      require(slice.range.upperBound <= head.byteCount, "slice past the head")
    }
    require(!head.methodSlice.isEmpty, "no method")
    for byte in bytes[head.path.range] { require(byte > 0x20 && byte < 0x7F && byte != 0x3F, "path") }
    for byte in bytes[head.query.range] { require(byte > 0x20 && byte < 0x7F && byte != 0x23, "query") }
    var end = head.methodSlice.range.upperBound
    let lines = table.span
    for index in lines.indices {
      require(lines[index].name.range.lowerBound > end && !lines[index].name.isEmpty, "order of lines")
      require(lines[index].value.range.lowerBound > lines[index].name.range.upperBound, "order in a line")
      end = lines[index].value.range.upperBound
      for byte in bytes[lines[index].value.range] {
        require(byte == 0x09 || byte >= 0x20 && byte != 0x7F, "control byte in a value")
      }
    }
    require(end < head.byteCount, "last line past the head")
    checkPath(of: head)
  }

  /// A path has a name, or none; an unmarked one is as it should be. The path that is written for a
  /// name has that name, and a name stands for what its path means: so no two paths that mean
  /// different things share one.
  private func checkPath(of head: RequestHead) {
    if head.targetForm != .origin && head.targetForm != .absolute { return }
    var fault: TargetError?
    let raw = Array(bytes[head.path.range])
    let normal = [UInt8](capacity: max(1, raw.count)) { output in
      fault = TargetPath.normalise(raw.span, into: &output)
    }
    if !head.pathNeedsNormalising { require(fault == nil && normal == raw, "path wrongly left unmarked") }
    guard fault == nil else { return require(normal.isEmpty, "output beside a fault") }
    require(normal.first == 0x2F, "normal form without a slash")
    for segment in normal.dropFirst().split(separator: 0x2F, omittingEmptySubsequences: false).dropLast() {
      require(!segment.isEmpty && segment != [0x2E] && segment != [0x2E, 0x2E], "segment \(segment)")
    }
    let written = [UInt8](capacity: 3 * normal.count) { TargetPath.write(normal.span, into: &$0) }
    let again = [UInt8](capacity: written.count) { output in
      fault = TargetPath.normalise(written.span, into: &output)
    }
    require(fault == nil && again == normal, "a name whose path has another")
    let undone = [UInt8](capacity: normal.count) { TargetPath.undo(normal.span, into: &$0) }
    if !TargetPath.hasDotSegment(raw.span) {
      require(undone == Self.decoded(raw), "a name that means something else")
    }
    require(TargetPath.hasEscapes(normal.span) == (undone != normal), "escapes overlooked")
  }

  /// Each escape as its byte, and doubled slashes as one, of a path without dot segments.
  private static func decoded(_ raw: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = [0x2F]
    var index = 1
    var isBehindSlash = true
    while index < raw.count {
      if raw[index] == 0x2F {
        if !isBehindSlash { bytes.append(0x2F) }
        isBehindSlash = true
        index += 1
        continue
      }
      isBehindSlash = false
      let digits = String(decoding: raw[index + 1..<min(raw.count, index + 3)], as: UTF8.self)
      if raw[index] == 0x25, let byte = UInt8(digits, radix: 16) {
        bytes.append(byte)
        index += 3
      } else {
        bytes.append(raw[index])
        index += 1
      }
    }
    return bytes
  }

  /// A prefix is `partial`, or what the whole is; and then it stays so.
  private func checkPrefixes(_ fresh: RequestParser, _ whole: ParseOutcome) {
    var parser = fresh
    var table = FieldTable(capacity: parser.limits.fieldCount)
    var head = RequestHead()
    var isSettled = false
    for count in 0..<min(bytes.count, 400) {
      let outcome = parser.parse(bytes.span.extracting(0..<count), into: &head, fields: &table)
      if outcome == .partial, !isSettled { continue }
      require(outcome == whole, "\(count) bytes give \(outcome), all \(whole)")
      isSettled = true
    }
  }

  /// The scanner gives the parser's reason, at the latest when the line ends, or finds the parser's end. It
  /// is fed in pieces that the input itself chooses.
  private func checkScanner(_ fresh: RequestParser, _ whole: ParseOutcome, _ head: RequestHead) {
    var parser = fresh
    var scanner = HeadScanner()
    var table = FieldTable(capacity: parser.limits.fieldCount)
    var scanned = RequestHead()
    var count = 0
    while count < bytes.count {
      count = min(bytes.count, count + 1 + Int(bytes[count] & 7))
      switch scanner.scan(bytes.span.extracting(0..<count), limits: parser.limits) {
      case .partial: continue
      case .invalid(let error):
        return require(whole == .invalid(error), "scanner \(error), parser \(whole)")
      case .complete(let byteCount):
        let outcome = parser.parse(bytes.span.extracting(0..<byteCount), into: &scanned, fields: &table)
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
