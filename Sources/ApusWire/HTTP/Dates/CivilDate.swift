// CivilDate: days since 1970 as year, month and day, and back.

/// A day of the proleptic Gregorian calendar.
///
/// Years are counted from 1 March, so that the leap day comes last and the lengths of the months before a day
/// follow from one linear formula: 153 days in every five months from March on.
package struct CivilDate: Equatable {
  package var year: Int
  package var month: Int
  package var day: Int

  /// Days in 400 years, after which the calendar repeats.
  private static let daysPerEra = 146_097
  /// From 0000-03-01 to 1970-01-01.
  private static let daysBefore1970 = 719_468

  init(year: Int, month: Int, day: Int) {
    self.year = year
    self.month = month
    self.day = day
  }

  package init(daysSince1970: Int64) {
    let days = Int(daysSince1970) + Self.daysBefore1970
    let era = (days >= 0 ? days : days - (Self.daysPerEra - 1)) / Self.daysPerEra
    let dayOfEra = days - era * Self.daysPerEra
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  var daysSince1970: Int64 {
    let yearFromMarch = month <= 2 ? year - 1 : year
    let era = (yearFromMarch >= 0 ? yearFromMarch : yearFromMarch - 399) / 400
    let yearOfEra = yearFromMarch - era * 400
    let monthFromMarch = month > 2 ? month - 3 : month + 9
    let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return Int64(era * Self.daysPerEra + dayOfEra - Self.daysBefore1970)
  }

  /// Whether such a day exists.
  var isValid: Bool {
    guard (1...12).contains(month), day >= 1 else { return false }
    return CivilDate(daysSince1970: daysSince1970) == self
  }
}
