// HeadTrial: parses a head in every way in which its bytes could arrive, and insists that all agree.

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
    var scratch = FieldTable(capacity: limits.fieldCount)
    EveryCut(
      bytes: bytes, limits: limits, scanner: HeadScanner(),
      parse: { bytes in
        var head = RequestHead()
        let outcome = parser.parse(bytes, into: &head, fields: &scratch)
        return EveryCut.Result(outcome: outcome, byteCount: head.byteCount)
      }, whole: EveryCut.Result(outcome: outcome, byteCount: head.byteCount)
    ).check(sourceLocation)
  }
}
