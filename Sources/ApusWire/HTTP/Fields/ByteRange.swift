// ByteRange: what a Range field asks of a representation (RFC 9110 14.1.2, 14.2). Whether the field counts at
// all is decided by `Preconditions.requestedRange`.

/// The part of a representation to send.
package enum ByteRange: Equatable, Sendable {
  /// All of it, with 200.
  case whole
  /// This part, never empty, with 206.
  case satisfiable(Range<UInt64>)
  /// None; 416 with `Content-Range: bytes */size`.
  case unsatisfiable

  /// Reads the value of `Range` against a representation of `size` bytes.
  ///
  /// Anything that is not a valid set of byte ranges is ignored, as RFC 9110 14.2 allows, and so is a set of
  /// several ranges. Numbers too large for 64 bits count as the largest one.
  package static func resolve(_ value: Span<UInt8>, size: UInt64) -> ByteRange {
    guard value.count > 6, value.extracting(0..<6).equalsIgnoringCase("bytes="), !value[6].isBlank else {
      return .whole
    }
    let set = value.extracting(6..<value.count)
    var list = FieldList(tokens: set)
    guard let member = list.next(), list.next() == nil, let spec = RangeSpec(set.extracting(member)) else {
      return .whole
    }
    return spec.resolved(size: size)
  }
}

/// One member of a set of ranges: `first-[last]` or `-suffix`.
enum RangeSpec: Equatable {
  case from(UInt64, through: UInt64)
  case suffix(UInt64)

  init?(_ text: Span<UInt8>) {
    var dash = 0
    while dash < text.count, text[dash] != ASCII.dash { dash += 1 }
    if dash == text.count { return nil }
    let head = text.extracting(0..<dash)
    let tail = text.extracting(dash + 1..<text.count)
    if head.isEmpty {
      guard let count = Self.position(tail) else { return nil }
      self = .suffix(count)
      return
    }
    guard let first = Self.position(head), let last = tail.isEmpty ? .max : Self.position(tail), first <= last
    else { return nil }
    self = .from(first, through: last)
  }

  /// `1*DIGIT`, saturating.
  private static func position(_ digits: Span<UInt8>) -> UInt64? {
    if digits.isEmpty { return nil }
    var number: UInt64 = 0
    for index in digits.indices {
      guard digits[index].isDigit else { return nil }
      let (tenfold, hasOverflown) = number.multipliedReportingOverflow(by: 10)
      let (sum, hasCarried) = tenfold.addingReportingOverflow(UInt64(digits[index] & 0x0F))
      number = hasOverflown || hasCarried ? .max : sum
    }
    return number
  }

  func resolved(size: UInt64) -> ByteRange {
    switch self {
    case .from(0, _) where size == 0:
      // From the beginning of what is empty: a client that fetches from where it stopped has all of it. No
      // Content-Range can say "nothing", and a Range field may be ignored (RFC 9110 14.2).
      return .whole
    case .from(let first, let last):
      return first < size ? .satisfiable(first..<min(last, size - 1) + 1) : .unsatisfiable
    case .suffix(0):
      return .unsatisfiable
    case .suffix(let count):
      // Satisfiable by the RFC even if there is nothing, but no Content-Range can say "nothing".
      return size == 0 ? .whole : .satisfiable(size - min(count, size)..<size)
    }
  }
}
