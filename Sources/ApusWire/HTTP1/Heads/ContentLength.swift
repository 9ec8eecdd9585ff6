// ContentLength: all Content-Length lines of a head, judged as one (RFC 9112 6.3). Requests and responses
// alike: two readings of one length are how messages are smuggled, so there is one place that reads it.

/// The length that a head's lines agree on, or what is wrong with them.
struct ContentLength {
  /// Bytes; 0 without a line. Means something only without a fault.
  private(set) var value: UInt64 = 0
  private var isValid = false
  private var count: UInt16 = 0

  /// Takes in the value of one line.
  @inline(__always)
  mutating func note(_ text: Span<UInt8>) {
    count &+= 1
    if let number = Self.number(text) {
      value = number
      isValid = true
    } else {
      isValid = false
    }
  }

  /// nil for exactly one line with a length. Asked only where there is a line.
  var fault: WireError? {
    @inline(never)
    get {
      if !isValid { return .invalidContentLength }
      return count == 1 ? nil : .duplicateContentLength
    }
  }

  /// `1*DIGIT` without leading zeros, up to 2^63 - 1. RFC 9110 8.6 allows zeros in front; proxies have read
  /// them as octal, so they are refused.
  private static func number(_ text: Span<UInt8>) -> UInt64? {
    guard (1...19).contains(text.count), text[0] != ASCII.zero || text.count == 1 else { return nil }
    var number: UInt64 = 0
    for index in text.indices {
      guard text[index].isDigit else { return nil }
      number = number &* 10 &+ UInt64(text[index] & 0x0F)
    }
    return number <= UInt64(Int64.max) ? number : nil
  }
}
