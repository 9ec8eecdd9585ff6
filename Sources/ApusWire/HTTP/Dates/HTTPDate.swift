// HTTPDate: seconds since 1970 as HTTP writes them (RFC 9110 5.6.7). All in the proleptic Gregorian calendar
// and in UTC, without a library: a clock is somebody else's business.

/// Writes and reads HTTP dates.
package enum HTTPDate {
  /// Bytes of an IMF-fixdate: `Sun, 06 Nov 1994 08:49:37 GMT`.
  package static let byteCount = 29

  package static let secondsPerDay: Int64 = 86_400

  /// Appends an IMF-fixdate. Years outside 0...9999 cannot be written; a time there is
  /// moved to the nearer end.
  package static func write(unixSeconds: Int64, into output: inout OutputSpan<UInt8>) {
    let seconds = min(max(unixSeconds, -62_167_219_200), 253_402_300_799)
    let days = seconds >= 0 ? seconds / secondsPerDay : -((secondsPerDay - 1 - seconds) / secondsPerDay)
    let second = Int(seconds - days * secondsPerDay)
    let date = CivilDate(daysSince1970: days)
    // 1970-01-01 was a Thursday, the fifth day of a week that starts on Sunday.
    let weekday = Int(((days + 4) % 7 + 7) % 7)
    append(name: weekday, of: CalendarNames.weekdays, to: &output)
    output.append(ascii: ", ")
    append(twoDigits: date.day, to: &output)
    output.append(ASCII.space)
    append(name: date.month - 1, of: CalendarNames.months, to: &output)
    output.append(ASCII.space)
    append(twoDigits: date.year / 100, to: &output)
    append(twoDigits: date.year % 100, to: &output)
    output.append(ASCII.space)
    append(twoDigits: second / 3600, to: &output)
    output.append(ASCII.colon)
    append(twoDigits: second / 60 % 60, to: &output)
    output.append(ASCII.colon)
    append(twoDigits: second % 60, to: &output)
    output.append(ascii: " GMT")
  }

  private static func append(name index: Int, of names: StaticString, to output: inout OutputSpan<UInt8>) {
    output.append(copying: names.span.extracting(3 * index..<3 * index + 3))
  }

  private static func append(twoDigits number: Int, to output: inout OutputSpan<UInt8>) {
    output.append(ASCII.zero + UInt8(number / 10))
    output.append(ASCII.zero + UInt8(number % 10))
  }
}

/// The names that dates are made of, three letters each.
enum CalendarNames {
  static let weekdays: StaticString = "SunMonTueWedThuFriSat"
  static let months: StaticString = "JanFebMarAprMayJunJulAugSepOctNovDec"
}
