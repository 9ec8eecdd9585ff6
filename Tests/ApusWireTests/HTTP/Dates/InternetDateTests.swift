import ApusWire
import Testing

@Suite struct InternetDateTests {
  private func text(_ unixMilliseconds: Int64) -> String {
    let bytes = [UInt8](capacity: InternetDate.byteCount) { output in
      InternetDate.write(unixMilliseconds: unixMilliseconds, into: &output)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func milliseconds(_ text: String) -> Int64? {
    InternetDate.parse(text.utf8.span).map { $0.unixSeconds * 1000 + Int64($0.microseconds / 1000) }
  }

  // Times of date(1).
  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00Z"), (1, "1970-01-01T00:00:00.001Z"), (-1, "1969-12-31T23:59:59.999Z"),
      (951_827_696_789, "2000-02-29T12:34:56.789Z"), (-62_167_219_200_000, "0000-01-01T00:00:00Z"),
      (253_402_300_799_999, "9999-12-31T23:59:59.999Z"), (-62_135_596_800_000, "0001-01-01T00:00:00Z"),
    ] as [(Int64, String)])
  func `a moment is written and read back`(time: Int64, written: String) {
    #expect(text(time) == written)
    #expect(milliseconds(written) == time)
  }

  @Test func `what is written is read back, all over the calendar`() {
    for time in stride(
      from: InternetDate.unixMilliseconds.lowerBound, to: 253_402_300_799_999, by: 7_654_321_987_123 / 16)
    {
      #expect(milliseconds(text(time)) == time)
    }
  }

  @Test(arguments: [
    ("2026-01-01T00:00:00.1Z", 100_000), ("2026-01-01T00:00:00,25Z", 250_000),
    ("2026-01-01T00:00:00.123456Z", 123_456), ("2026-01-01T00:00:00.1234569999999999999999Z", 123_456),
    ("2026-01-01t00:00:00z", 0),
  ])
  func `a fraction has any number of digits`(text: String, microseconds: Int) {
    let moment = InternetDate.parse(text.utf8.span)
    #expect(moment?.unixSeconds == 1_767_225_600)
    #expect(moment?.microseconds == microseconds)
  }

  @Test(arguments: [
    "2026-01-01T01:00:00+01:00", "2026-01-01T05:45:00+0545", "2025-12-31T22:00:00-02",
    "2026-01-01T00:00:00-00:00",
    "2025-12-31T23:59:60Z",
  ])
  func `an offset is undone, and a leap second is the next one`(text: String) {
    #expect(milliseconds(text) == 1_767_225_600_000)
  }

  @Test(arguments: [
    "", "2026-01-01", "2026-01-01T00:00:00", "2026-01-01 00:00:00Z", "2026-02-29T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:00.Z",
    "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+01:", "2026-01-01T00:00:00+01:60",
    "2026-01-01T00:00:00Zx",
    "26-01-01T00:00:00Z", "+2026-01-01T00:00:00Z", "20260101T000000Z",
  ])
  func `what is not RFC 3339's is refused`(text: String) {
    #expect(InternetDate.parse(text.utf8.span) == nil)
  }
}
