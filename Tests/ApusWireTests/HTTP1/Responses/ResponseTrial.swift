// ResponseTrial: parses a response head in every way in which its bytes could arrive,
// and insists that all agree.

import ApusTesting
import ApusWire
import Testing

/// A parsed head, in values that outlive its bytes.
struct ResponseTrial {
  let outcome: ParseOutcome
  /// Means something after `complete`.
  let head: ReceivedHead
  let fields: [String]
  private let bytes: [UInt8]

  var reason: String { text(bytes[head.reason.range]) }

  /// Parses `response` whole, then every prefix of it, then byte by byte and in random
  /// pieces through the scanner.
  init(
    _ response: String, to method: ApusWire.Method = .get, limits: HeadLimits = HeadLimits(),
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let bytes = wire(response)
    self.bytes = bytes
    let parser = ResponseParser(limits: limits)
    var head = ReceivedHead()
    var table = FieldTable(capacity: limits.fieldCount)
    let outcome = parser.parse(bytes.span, answering: method, into: &head, fields: &table)
    self.outcome = outcome
    self.head = head
    var fields: [String] = []
    let lines = table.span
    for index in lines.indices {
      fields.append("\(text(bytes[lines[index].name.range])): \(text(bytes[lines[index].value.range]))")
    }
    self.fields = fields
    let whole = Whole(bytes: bytes, method: method, parser: parser, outcome: outcome, head: head)
    let prefixFault = whole.faultInPrefixes()
    #expect(prefixFault == nil, sourceLocation: sourceLocation)
    var generator = SeededGenerator(seed: UInt64(bytes.count))
    for pieces in 0..<4 {
      let fault = whole.faultInScan { pieces == 0 ? 1 : Int.random(in: 1...64, using: &generator) }
      #expect(fault == nil, "seed \(bytes.count)", sourceLocation: sourceLocation)
    }
  }

  /// What all other ways of parsing are compared with.
  private struct Whole {
    let bytes: [UInt8]
    let method: ApusWire.Method
    let parser: ResponseParser
    let outcome: ParseOutcome
    let head: ReceivedHead

    /// A prefix must be `partial`, or already what the whole is; from there on nothing may change any more.
    func faultInPrefixes() -> String? {
      var table = FieldTable(capacity: parser.limits.fieldCount)
      var settled = false
      for count in stride(from: 0, to: bytes.count, by: bytes.count > 2000 ? 61 : 1) {
        var prefixHead = ReceivedHead()
        let prefix = Array(bytes[..<count])
        let outcome = parser.parse(prefix.span, answering: method, into: &prefixHead, fields: &table)
        if outcome == .partial, !settled { continue }
        if outcome != self.outcome { return "\(count) bytes give \(outcome), all of them \(self.outcome)" }
        if outcome == .complete, prefixHead.byteCount != head.byteCount {
          return "head ends at \(prefixHead.byteCount)"
        }
        settled = true
      }
      return nil
    }

    /// The scanner must find the parser's reason or the parser's end, however the bytes are cut.
    func faultInScan(step: () -> Int) -> String? {
      var scanner = HeadScanner(response: ())
      var table = FieldTable(capacity: parser.limits.fieldCount)
      var count = 0
      while count < bytes.count {
        count = min(bytes.count, count + step())
        let prefix = Array(bytes[..<count])
        switch scanner.scan(prefix.span, limits: parser.limits) {
        case .partial: continue
        case .invalid(let error):
          return outcome == .invalid(error) ? nil : "scanner says \(error) at \(count), parser \(outcome)"
        case .complete(let byteCount):
          var scanned = ReceivedHead()
          let again = parser.parse(prefix.span, answering: method, into: &scanned, fields: &table)
          if again != outcome { return "after the scanner the parser gives \(again), at once \(outcome)" }
          return outcome == .complete && byteCount != head.byteCount ? "scanner ends at \(byteCount)" : nil
        }
      }
      if outcome == .partial { return nil }
      // A fault that is no control byte may wait for the end of its line.
      let line = bytes + [0x0D, 0x0A]
      if case .invalid(let error) = scanner.scan(line.span, limits: parser.limits), outcome == .invalid(error)
      {
        return nil
      }
      return "scanner wants more, parser gives \(outcome)"
    }
  }
}
