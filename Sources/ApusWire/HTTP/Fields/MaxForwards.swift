// MaxForwards: how often a request may still be handed on (RFC 9110 section 7.6.2). The proxy
// asks for it with OPTIONS; TRACE never comes so far, and with any other method the field means
// nothing and stays as it is.

/// What a head's `Max-Forwards` says.
package enum MaxForwards: Equatable, Sendable {
  /// There is none.
  case absent
  /// So often; at 0 whoever has the request answers it. What is larger than this type
  /// holds is its largest number.
  case left(UInt64)
  /// No number, or more than one line: nobody can tell when to stop.
  case malformed

  package init(_ bytes: Span<UInt8>, _ lines: Span<FieldLine>) {
    guard let first = nextValue(of: "max-forwards", from: 0, in: bytes, fields: lines) else {
      self = .absent
      return
    }
    let isOnly = nextValue(of: "max-forwards", from: first.index + 1, in: bytes, fields: lines) == nil
    if isOnly, let count = Self.number(bytes[first.value]) {
      self = .left(count)
    } else {
      self = .malformed
    }
  }

  /// `1*DIGIT`, however many.
  private static func number(_ text: Span<UInt8>) -> UInt64? {
    guard !text.isEmpty else { return nil }
    var number: UInt64 = 0
    for index in text.indices {
      guard text[index].isDigit else { return nil }
      let shifted = number.multipliedReportingOverflow(by: 10)
      let sum = shifted.partialValue.addingReportingOverflow(UInt64(text[index] & 0x0F))
      number = shifted.overflow || sum.overflow ? .max : sum.partialValue
    }
    return number
  }
}
