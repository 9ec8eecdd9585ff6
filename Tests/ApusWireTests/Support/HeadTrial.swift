// HeadTrial: parses a head in every way in which its bytes could arrive, and insists that all agree.

import ApusTesting
import ApusWire
import Testing

/// A parsed head, in values that outlive its bytes.
struct HeadTrial {
  let outcome: ParseOutcome
  /// Means something after `complete` and `invalid(.unknownExpectation)`.
  let head: RequestHead
  let fields: [String]
  private let bytes: [UInt8]

  var method: String { text(bytes[head.methodSlice.range]) }
  var path: String { text(bytes[head.path.range]) }
  var query: String? { head.hasQuery ? text(bytes[head.query.range]) : nil }
  var host: String { text(bytes[head.host.range]) }

  /// Parses `request` whole, then every prefix of it, then byte by byte and in random
  /// pieces through the scanner.
  init(
    _ request: String, limits: HeadLimits = HeadLimits(), sourceLocation: SourceLocation = #_sourceLocation
  ) {
    self.init(bytes: wire(request), limits: limits, sourceLocation: sourceLocation)
  }

  init(bytes: [UInt8], limits: HeadLimits = HeadLimits(), sourceLocation: SourceLocation = #_sourceLocation) {
    var parser = RequestParser(limits: limits)
    var head = RequestHead()
    var table = FieldTable(capacity: limits.fieldCount)
    outcome = parser.parse(bytes.span, into: &head, fields: &table)
    self.head = head
    self.bytes = bytes
    var fields: [String] = []
    let lines = table.span
    for index in lines.indices {
      fields.append("\(text(bytes[lines[index].name.range])): \(text(bytes[lines[index].value.range]))")
    }
    self.fields = fields
    let prefixFault = Self.faultInPrefixes(of: bytes, parser, outcome, head)
    #expect(prefixFault == nil, sourceLocation: sourceLocation)
    var generator = SeededGenerator(seed: UInt64(bytes.count))
    for pieces in 0..<4 {
      let fault = Self.faultInScan(of: bytes, parser, outcome, head) {
        pieces == 0 ? 1 : Int.random(in: 1...64, using: &generator)
      }
      #expect(fault == nil, "seed \(bytes.count)", sourceLocation: sourceLocation)
    }
  }

  /// A prefix must be `partial`, or already what the whole is; from there on nothing may change any more.
  private static func faultInPrefixes(
    of bytes: [UInt8], _ fresh: RequestParser, _ whole: ParseOutcome, _ head: RequestHead
  ) -> String? {
    var parser = fresh
    var table = FieldTable(capacity: parser.limits.fieldCount)
    var settled = false
    // Of a long head, some prefixes: all of them would take quadratic time.
    for count in stride(from: 0, to: bytes.count, by: bytes.count > 2000 ? 61 : 1) {
      var prefixHead = RequestHead()
      let prefix = Array(bytes[..<count])
      let outcome = parser.parse(prefix.span, into: &prefixHead, fields: &table)
      if outcome == .partial, !settled { continue }
      if outcome != whole { return "\(count) bytes give \(outcome), all of them \(whole)" }
      if whole == .complete, prefixHead.byteCount != head.byteCount {
        return "head ends at \(prefixHead.byteCount)"
      }
      settled = true
    }
    return nil
  }

  /// The scanner must find the parser's reason or the parser's end, however the bytes are cut.
  private static func faultInScan(
    of bytes: [UInt8], _ fresh: RequestParser, _ whole: ParseOutcome, _ head: RequestHead, step: () -> Int
  ) -> String? {
    var parser = fresh
    var scanner = HeadScanner()
    var table = FieldTable(capacity: parser.limits.fieldCount)
    var count = 0
    while count < bytes.count {
      count = min(bytes.count, count + step())
      let prefix = Array(bytes[..<count])
      switch scanner.scan(prefix.span, limits: parser.limits) {
      case .partial: continue
      case .invalid(let error):
        return whole == .invalid(error)
          ? nil : "scanner refuses with \(error) at \(count), parser gives \(whole)"
      case .complete(let byteCount):
        var scannedHead = RequestHead()
        let outcome = parser.parse(prefix.span, into: &scannedHead, fields: &table)
        if outcome != whole { return "after the scanner the parser gives \(outcome), at once \(whole)" }
        if whole == .complete, byteCount != head.byteCount { return "scanner ends at \(byteCount)" }
        return nil
      }
    }
    if whole == .partial { return nil }
    // A fault that is no control byte may wait for the end of its line.
    let line = bytes + [0x0D, 0x0A]
    if case .invalid(let error) = scanner.scan(line.span, limits: parser.limits), whole == .invalid(error) {
      return nil
    }
    return "scanner wants more, parser gives \(whole)"
  }
}
