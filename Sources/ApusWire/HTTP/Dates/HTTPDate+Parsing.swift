// Reading the three date formats that RFC 9110 5.6.7 obliges a recipient to accept.

extension HTTPDate {
  /// 2026-01-01, against which a two-digit year is placed unless the caller knows better.
  package static let referenceTime: Int64 = 1_767_225_600

  /// Seconds since 1970, or nil if the text is none of the three formats or names no day that exists.
  ///
  /// The name of the day must be one, but need not be the right one. `now` places the two-digit years of RFC
  /// 850 dates: one that seems more than 50 years in the future is taken to be in the past.
  package static func parse(_ text: Span<UInt8>, now: Int64 = referenceTime) -> Int64? {
    var reader = DateReader(text)
    guard reader.takeName(of: CalendarNames.weekdays) != nil else { return nil }
    if reader.take(", ") { return parseFixdate(&reader) }
    if reader.take(" ") { return parseAsctime(&reader) }
    return parseRFC850(&reader, now: now)
  }

  /// `Sun, 06 Nov 1994 08:49:37 GMT`
  private static func parseFixdate(_ reader: inout DateReader) -> Int64? {
    guard let day = reader.takeNumber(digits: 2), reader.take(" "),
      let month = reader.takeName(of: CalendarNames.months), reader.take(" "),
      let year = reader.takeNumber(digits: 4), reader.take(" "),
      let second = reader.takeTimeOfDay(), reader.take(" GMT"), reader.isAtEnd
    else { return nil }
    return seconds(CivilDate(year: year, month: month + 1, day: day), second)
  }

  /// `Sun Nov  6 08:49:37 1994`
  private static func parseAsctime(_ reader: inout DateReader) -> Int64? {
    guard let month = reader.takeName(of: CalendarNames.months), reader.take(" "),
      let day = reader.take(" ") ? reader.takeNumber(digits: 1) : reader.takeNumber(digits: 2),
      reader.take(" "), let second = reader.takeTimeOfDay(), reader.take(" "),
      let year = reader.takeNumber(digits: 4), reader.isAtEnd
    else { return nil }
    return seconds(CivilDate(year: year, month: month + 1, day: day), second)
  }

  /// `Sunday, 06-Nov-94 08:49:37 GMT`; three letters of the day's name have been read.
  private static func parseRFC850(_ reader: inout DateReader, now: Int64) -> Int64? {
    guard reader.takeRestOfWeekday(), reader.take(", "),
      let day = reader.takeNumber(digits: 2), reader.take("-"),
      let month = reader.takeName(of: CalendarNames.months), reader.take("-"),
      let shortYear = reader.takeNumber(digits: 2), reader.take(" "),
      let second = reader.takeTimeOfDay(), reader.take(" GMT"), reader.isAtEnd
    else { return nil }
    let thisYear = CivilDate(daysSince1970: now / secondsPerDay).year
    var year = thisYear / 100 * 100 + shortYear
    if year > thisYear + 50 { year -= 100 }
    if year <= thisYear - 50 { year += 100 }
    if let time = seconds(CivilDate(year: year, month: month + 1, day: day), second) {
      // Fifty years to the second, not to the year.
      let fiftyYears: Int64 = 50 * 31_556_952
      return time > now + fiftyYears
        ? seconds(CivilDate(year: year - 100, month: month + 1, day: day), second) : time
    }
    return nil
  }

  private static func seconds(_ date: CivilDate, _ second: Int) -> Int64? {
    date.isValid ? date.daysSince1970 * secondsPerDay + Int64(second) : nil
  }
}
