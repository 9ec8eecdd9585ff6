// ResponseTrial: parses a response head in every way in which its bytes could arrive,
// and insists that all agree.

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
    var scratch = FieldTable(capacity: limits.fieldCount)
    EveryCut(
      bytes: bytes, limits: limits, scanner: HeadScanner(response: ()),
      parse: { bytes in
        var head = ReceivedHead()
        let outcome = parser.parse(bytes, answering: method, into: &head, fields: &scratch)
        return EveryCut.Result(outcome: outcome, byteCount: head.byteCount)
      }, whole: EveryCut.Result(outcome: outcome, byteCount: head.byteCount)
    ).check(sourceLocation)
  }
}
