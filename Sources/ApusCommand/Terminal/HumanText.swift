// HumanText: numbers as people read them.

package enum HumanText {
  /// `850 us`, `1.20 ms`, `75 s`, `2 min 30 s`, `3 h 5 min`: two units at most, rounded down.
  package static func duration(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    let microseconds = seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    switch microseconds {
    case ..<1000: return "\(microseconds) us"
    case ..<10_000 where microseconds % 1000 != 0: return "\(decimal(microseconds / 10, 100)) ms"
    case ..<1_000_000: return "\(microseconds / 1000) ms"
    case ..<120_000_000:
      let tenths = microseconds / 100_000
      return tenths % 10 == 0 || tenths >= 100 ? "\(tenths / 10) s" : "\(decimal(tenths, 10)) s"
    case ..<3_600_000_000: return pair(seconds / 60, "min", seconds % 60, "s")
    default: return pair(seconds / 3600, "h", seconds / 60 % 60, "min")
    }
  }

  /// `999 B`, `1.5 KiB`, `12.0 GiB`.
  package static func bytes(_ count: UInt64) -> String {
    guard count >= 1024 else { return "\(count) B" }
    var value = Double(count)
    var unit = 0
    while value >= 1023.95, unit < 5 {
      value /= 1024
      unit += 1
    }
    let tenths = Int64((value * 10).rounded())
    return "\(decimal(tenths, 10)) \(["B", "KiB", "MiB", "GiB", "TiB", "PiB"][unit])"
  }

  /// `1,234,567`.
  package static func count(_ number: UInt64) -> String {
    var digits = Array(String(number))
    var index = digits.count - 3
    while index > 0 {
      digits.insert(",", at: index)
      index -= 3
    }
    return String(digits)
  }

  /// `98.9%`, rounded down, so that 100% means all.
  package static func share(_ part: UInt64, of whole: UInt64) -> String {
    guard whole > 0 else { return "0%" }
    let thousandths = part.multipliedReportingOverflow(by: 1000)
    let share = thousandths.overflow ? part / (whole / 1000) : thousandths.partialValue / whole
    return share % 10 == 0 ? "\(share / 10)%" : "\(decimal(Int64(share), 10))%"
  }

  private static func pair(_ large: Int64, _ largeUnit: String, _ small: Int64, _ smallUnit: String) -> String
  {
    small == 0 ? "\(large) \(largeUnit)" : "\(large) \(largeUnit) \(small) \(smallUnit)"
  }

  /// `number` over `scale`, which is 10 or 100, with as many decimals.
  private static func decimal(_ number: Int64, _ scale: Int64) -> String {
    let fraction = String(number % scale)
    let width = scale == 10 ? 1 : 2
    return "\(number / scale)." + String(repeating: "0", count: width - fraction.count) + fraction
  }
}
