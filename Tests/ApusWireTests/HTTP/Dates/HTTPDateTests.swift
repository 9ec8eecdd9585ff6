import ApusWire
import Testing

/// Dates as HTTP writes them (RFC 9110 5.6.7).
struct HTTPDateTests {
  private func string(_ seconds: Int64) -> String {
    written(HTTPDate.byteCount) { HTTPDate.write(unixSeconds: seconds, into: &$0) }
  }

  private func parse(_ text: String, now: Int64 = HTTPDate.referenceTime) -> Int64? {
    HTTPDate.parse(wire(text).span, now: now)
  }

  // The first is the RFC's example; the others follow from the rule of leap years, day
  // by day from a known one.
  @Test(arguments: [
    (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
    (86_399, "Thu, 01 Jan 1970 23:59:59 GMT"), (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
    (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"),
    (1_709_618_828, "Tue, 05 Mar 2024 06:07:08 GMT"), (2_147_483_648, "Tue, 19 Jan 2038 03:14:08 GMT"),
    (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"), (4_107_456_000, "Sun, 28 Feb 2100 00:00:00 GMT"),
    (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
  ])
  func `a time is written as an IMF-fixdate and read back`(seconds: Int64, date: String) {
    #expect(string(seconds) == date)
    #expect(parse(date) == seconds)
  }

  @Test func `times that four digits cannot write are moved to the nearest one that they can`() {
    #expect(string(.max) == "Fri, 31 Dec 9999 23:59:59 GMT")
    #expect(string(.min) == "Sat, 01 Jan 0000 00:00:00 GMT")
  }

  @Test func `all three formats mean the same time`() {
    #expect(parse("Sun, 06 Nov 1994 08:49:37 GMT") == 784_111_777)
    #expect(parse("Sunday, 06-Nov-94 08:49:37 GMT") == 784_111_777)
    #expect(parse("Sun Nov  6 08:49:37 1994") == 784_111_777)
  }

  @Test func `every day of 800 years follows the day before it`() {
    // A calendar that is simply counted, against the formulas.
    var (year, month, day, weekday) = (1600, 1, 1, 6)
    let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    let names = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    var wrong = 0
    let first: Int64 = -135_140
    for index in 0..<292_194 {
      let seconds = (first + Int64(index)) * 86_400 + Int64(index % 86_400)
      let second = index % 86_400
      let time = "\(twoDigits(second / 3600)):\(twoDigits(second / 60 % 60)):\(twoDigits(second % 60))"
      let date = "\(names[weekday]), \(twoDigits(day)) \(months[month - 1]) \(year) \(time) GMT"
      if index % 7 == 0, string(seconds) != date { wrong += 1 }
      if index % 11 == 0, parse(date) != seconds { wrong += 1 }
      let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
      let length = month == 2 && isLeap ? 29 : lengths[month - 1]
      (day, weekday) = (day + 1, (weekday + 1) % 7)
      if day > length { (day, month) = (1, month + 1) }
      if month > 12 { (month, year) = (1, year + 1) }
    }
    #expect(wrong == 0)
    #expect(year == 2400)
  }

  @Test(arguments: [
    "Monday, 07-Nov-94 08:49:37 GMT", "Tuesday, 08-Nov-94 08:49:37 GMT", "Wednesday, 09-Nov-94 08:49:37 GMT",
    "Thursday, 10-Nov-94 08:49:37 GMT", "Friday, 11-Nov-94 08:49:37 GMT", "Saturday, 12-Nov-94 08:49:37 GMT",
  ])
  func `every full name of a day is known`(date: String) {
    #expect(parse(date) != nil)
  }

  @Test func `two digits of a year mean at most 50 years ahead`() {
    func time(_ year: Int) -> Int64? { parse("Sun, 06 Nov \(year) 08:49:37 GMT") }
    #expect(parse("Sunday, 06-Nov-75 08:49:37 GMT") == time(2075))
    #expect(parse("Sunday, 06-Nov-76 08:49:37 GMT") == time(1976))
    #expect(parse("Sunday, 06-Nov-26 08:49:37 GMT") == time(2026))
    let in1990: Int64 = 631_152_000
    #expect(parse("Sunday, 06-Nov-39 08:49:37 GMT", now: in1990) == time(2039))
    #expect(parse("Sunday, 06-Nov-41 08:49:37 GMT", now: in1990) == time(1941))
  }

  @Test func `a leap second is read as the second after`() {
    #expect(parse("Sat, 31 Dec 2016 23:59:60 GMT") == parse("Sun, 01 Jan 2017 00:00:00 GMT"))
  }

  @Test(arguments: [
    "", "garbage", "Sun", "Sun,", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
    "Sun, 06 Nov 1994 08:49:37 GMT ", " Sun, 06 Nov 1994 08:49:37 GMT", "sun, 06 Nov 1994 08:49:37 GMT",
    "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 94 08:49:37 GMT",
    "Xyz, 06 Nov 1994 08:49:37 GMT", "Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 29 Feb 1900 00:00:00 GMT",
    "Sun, 00 Jan 2000 00:00:00 GMT", "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT",
    "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Nov 1994 08:49:-1 GMT", "Sun Nov 6 08:49:37 1994",
    "Sun Nov 06 08:49:37 94", "Sundays, 06-Nov-94 08:49:37 GMT", "Sun, 06-Nov-94 08:49:37 GMT",
    "Tueday, 08-Nov-94 08:49:37 GMT", "Sun, 06 Nov 19940 8:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT, x",
    "0", "784111777", "-1",
  ])
  func `what is no date is none`(date: String) {
    #expect(parse(date) == nil)
  }
}
