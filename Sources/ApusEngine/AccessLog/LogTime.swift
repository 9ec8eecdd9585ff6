// LogTime: a second in the layouts of access logs.

import ApusWire

struct LogTime {
  private static let months = "JanFebMarAprMayJunJulAugSepOctNovDec"

  private let date: CivilDate
  private let secondOfDay: Int

  init(unixSeconds: Int64) {
    var days = unixSeconds / HTTPDate.secondsPerDay
    if unixSeconds % HTTPDate.secondsPerDay < 0 { days -= 1 }
    date = CivilDate(daysSince1970: days)
    secondOfDay = Int(unixSeconds - days * HTTPDate.secondsPerDay)
  }

  /// `22/Nov/2026:20:03:46 +0000`, or for JSON RFC 3339's `2026-11-22T20:03:46Z`.
  func text(_ format: AccessLogFormat) -> [UInt8] {
    [UInt8](capacity: 40) { output in
      switch format {
      case .common, .combined:
        append(date.day, to: &output)
        output.append(ascii: "/")
        output.append(copying: Self.months.utf8.span.extracting(3 * date.month - 3..<3 * date.month))
        output.append(ascii: "/")
        appendYear(to: &output)
        output.append(ascii: ":")
        appendTimeOfDay(to: &output)
        output.append(ascii: " +0000")
      case .json:
        appendYear(to: &output)
        output.append(ascii: "-")
        append(date.month, to: &output)
        output.append(ascii: "-")
        append(date.day, to: &output)
        output.append(ascii: "T")
        appendTimeOfDay(to: &output)
        output.append(ascii: "Z")
      }
    }
  }

  private func appendYear(to output: inout OutputSpan<UInt8>) {
    append(date.year / 100, to: &output)
    append(date.year % 100, to: &output)
  }

  private func appendTimeOfDay(to output: inout OutputSpan<UInt8>) {
    append(secondOfDay / 3600, to: &output)
    output.append(ascii: ":")
    append(secondOfDay / 60 % 60, to: &output)
    output.append(ascii: ":")
    append(secondOfDay % 60, to: &output)
  }

  /// Appends two digits.
  private func append(_ number: Int, to output: inout OutputSpan<UInt8>) {
    let digits = UInt8(clamping: max(number, 0)) % 100
    output.append(UInt8(ascii: "0") + digits / 10)
    output.append(UInt8(ascii: "0") + digits % 10)
  }
}
