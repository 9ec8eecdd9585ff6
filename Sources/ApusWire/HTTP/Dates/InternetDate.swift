// InternetDate: a moment as RFC 3339 writes it, the profile of ISO 8601 that JSON uses. In UTC when it is
// written, with any offset when it is read.

/// Writes and reads dates such as `2026-01-31T12:30:00.250Z`.
package enum InternetDate {
  /// Bytes of the longest that is written.
  package static let byteCount = 24

  /// Years 0 to 9999: RFC 3339 has four digits for them.
  package static let unixMilliseconds: ClosedRange<Int64> = -62_167_219_200_000...253_402_300_799_999

  /// A moment that was read.
  package struct Moment: Equatable {
    package var unixSeconds: Int64
    /// 0 to 999,999.
    package var microseconds: Int
  }

  /// Appends a moment of `unixMilliseconds`. A whole second has no fraction, as
  /// readers that know none expect.
  package static func write(unixMilliseconds time: Int64, into output: inout OutputSpan<UInt8>) {
    precondition(unixMilliseconds.contains(time), "\(time) ms since 1970 are not within the years 0 to 9999")
    let milliseconds = Int(((time % 1000) + 1000) % 1000)
    let seconds = (time - Int64(milliseconds)) / 1000
    let secondOfDay = ((seconds % HTTPDate.secondsPerDay) + HTTPDate.secondsPerDay) % HTTPDate.secondsPerDay
    let date = CivilDate(daysSince1970: (seconds - secondOfDay) / HTTPDate.secondsPerDay)
    let second = Int(secondOfDay)
    append(date.year, digits: 4, to: &output)
    output.append(ascii: "-")
    append(date.month, digits: 2, to: &output)
    output.append(ascii: "-")
    append(date.day, digits: 2, to: &output)
    output.append(ascii: "T")
    append(second / 3600, digits: 2, to: &output)
    output.append(ascii: ":")
    append(second / 60 % 60, digits: 2, to: &output)
    output.append(ascii: ":")
    append(second % 60, digits: 2, to: &output)
    if milliseconds > 0 {
      output.append(ascii: ".")
      append(milliseconds, digits: 3, to: &output)
    }
    output.append(ascii: "Z")
  }

  private static func append(_ number: Int, digits: Int, to output: inout OutputSpan<UInt8>) {
    var divisor = 1
    for _ in 1..<digits { divisor *= 10 }
    while divisor > 0 {
      output.append(ASCII.zero + UInt8(number / divisor % 10))
      divisor /= 10
    }
  }

  /// Reads a date with or without a fraction, of any number of digits, the first six of which count. The
  /// offset is `Z`, or hours and minutes with or without a colon, or hours alone. Nil for anything else, and
  /// for days that do not exist.
  package static func parse(_ text: Span<UInt8>) -> Moment? {
    var reader = DateReader(text)
    guard let year = reader.takeNumber(digits: 4), reader.take("-"),
      let month = reader.takeNumber(digits: 2), reader.take("-"), let day = reader.takeNumber(digits: 2),
      reader.take("T") || reader.take("t"), let second = reader.takeTimeOfDay(),
      let microseconds = takeFraction(&reader), let offset = takeOffset(&reader), reader.isAtEnd
    else { return nil }
    let date = CivilDate(year: year, month: month, day: day)
    guard date.isValid else { return nil }
    return Moment(
      unixSeconds: date.daysSince1970 * HTTPDate.secondsPerDay + Int64(second - offset),
      microseconds: microseconds)
  }

  /// Microseconds: 0 if there is no fraction, nil if there is a mark and no digit behind it.
  private static func takeFraction(_ reader: inout DateReader) -> Int? {
    guard reader.take(".") || reader.take(",") else { return 0 }
    var microseconds = 0
    var weight = 100_000
    guard var digit = reader.takeNumber(digits: 1) else { return nil }
    while true {
      microseconds += digit * weight
      weight /= 10
      guard let next = reader.takeNumber(digits: 1) else { return microseconds }
      digit = next
    }
  }

  /// Seconds east of Greenwich.
  private static func takeOffset(_ reader: inout DateReader) -> Int? {
    if reader.take("Z") || reader.take("z") { return 0 }
    let sign: Int
    if reader.take("+") { sign = 1 } else if reader.take("-") { sign = -1 } else { return nil }
    guard let hours = reader.takeNumber(digits: 2), hours < 24 else { return nil }
    let hasColon = reader.take(":")
    guard let minutes = reader.takeNumber(digits: 2) else { return hasColon ? nil : sign * hours * 3600 }
    return minutes < 60 ? sign * (hours * 3600 + minutes * 60) : nil
  }
}
