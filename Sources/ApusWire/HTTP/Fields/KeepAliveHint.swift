// KeepAliveHint: `Keep-Alive: timeout=5, max=100`. The field was never standardised beyond RFC 2068 19.7.1.1;
// nginx, Node, Apache and we send it, and to ignore it is to meet their closes.

enum KeepAliveHint {
  /// The value of `timeout` in seconds, saturating; nil without one that is a plain number.
  static func timeout(_ value: Span<UInt8>) -> UInt32? {
    var list = FieldList(value)
    while let member = list.next() {
      if let seconds = seconds(value.extracting(member)) { return seconds }
    }
    return nil
  }

  /// Of `timeout=5`; quotes and white space around the number are let pass.
  private static func seconds(_ member: Span<UInt8>) -> UInt32? {
    guard member.count > 7, member.extracting(0..<7).equalsIgnoringCase("timeout") else { return nil }
    let rest = member.extracting(droppingFirst: 7).trimmingBlanks()
    guard !rest.isEmpty, rest[0] == ASCII.equals else { return nil }
    var number = rest.extracting(droppingFirst: 1).trimmingBlanks()
    if number.count > 2, number[0] == ASCII.quote, number[number.count - 1] == ASCII.quote {
      number = number.extracting(1..<number.count - 1)
    }
    guard !number.isEmpty else { return nil }
    var seconds: UInt32 = 0
    for index in number.indices {
      guard number[index].isDigit else { return nil }
      let (tens, overflow) = seconds.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(UInt32(number[index] & 0x0F))
      seconds = overflow || carry || seconds == .max ? .max : sum
    }
    return seconds
  }
}
