import ApusCommand
import Testing

@Suite struct HumanTextTests {
  @Test func `durations are shown in the units that people think in`() {
    #expect(HumanText.duration(.microseconds(850)) == "850 us")
    #expect(HumanText.duration(.microseconds(1204)) == "1.20 ms")
    #expect(HumanText.duration(.milliseconds(5)) == "5 ms")
    #expect(HumanText.duration(.milliseconds(999)) == "999 ms")
    #expect(HumanText.duration(.milliseconds(1500)) == "1.5 s")
    #expect(HumanText.duration(.seconds(25)) == "25 s")
    #expect(HumanText.duration(.seconds(75)) == "75 s")
    #expect(HumanText.duration(.seconds(150)) == "2 min 30 s")
    #expect(HumanText.duration(.seconds(120)) == "2 min")
    #expect(HumanText.duration(.seconds(3 * 3600 + 300)) == "3 h 5 min")
  }

  @Test func `sizes, counts and shares are rounded for reading`() {
    #expect(HumanText.bytes(0) == "0 B")
    #expect(HumanText.bytes(1023) == "1023 B")
    #expect(HumanText.bytes(1536) == "1.5 KiB")
    #expect(HumanText.bytes(1_048_575) == "1.0 MiB")
    #expect(HumanText.bytes(5 << 30) == "5.0 GiB")
    #expect(HumanText.count(7) == "7")
    #expect(HumanText.count(1_234_567) == "1,234,567")
    #expect(HumanText.count(123_456) == "123,456")
    #expect(HumanText.share(999, of: 1000) == "99.9%")
    #expect(HumanText.share(9_999, of: 10_000) == "99.9%")
    #expect(HumanText.share(1, of: 1) == "100%")
    #expect(HumanText.share(0, of: 0) == "0%")
    #expect(HumanText.share(.max, of: .max) == "100%")
  }
}
