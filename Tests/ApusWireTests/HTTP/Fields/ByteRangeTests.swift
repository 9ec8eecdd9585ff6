import ApusWire
import Testing

/// Range against a representation's size (RFC 9110 14.1.2).
struct ByteRangeTests {
  private func resolve(_ value: String, _ size: UInt64 = 1000) -> ByteRange {
    ByteRange.resolve(wire(value).span, size: size)
  }

  @Test(
    arguments: [
      ("bytes=0-0", 0..<1), ("bytes=0-499", 0..<500), ("bytes=500-999", 500..<1000),
      ("bytes=995-", 995..<1000),
      ("bytes=-5", 995..<1000), ("bytes=0-99999", 0..<1000), ("bytes=-99999", 0..<1000),
      ("bytes=-1000", 0..<1000),
      ("BYTES=0-4", 0..<5), ("bytes=0-", 0..<1000), ("bytes=999-999", 999..<1000), ("bytes=000-004", 0..<5),
      ("bytes=0-18446744073709551615", 0..<1000), ("bytes=0-18446744073709551616", 0..<1000),
      ("bytes=-18446744073709551616", 0..<1000), ("bytes=0-4,", 0..<5), ("bytes=,0-4", 0..<5),
    ] as [(String, Range<UInt64>)])
  func `one range is cut to what is there`(value: String, range: Range<UInt64>) {
    #expect(resolve(value) == .satisfiable(range))
  }

  @Test(arguments: [
    "bytes=1000-", "bytes=1000-1001", "bytes=5000-", "bytes=-0", "bytes=18446744073709551616-",
    "bytes=18446744073709551615-", "bytes=99999999999999999999999999999999-",
  ])
  func `a range that starts past the end is unsatisfiable`(value: String) {
    #expect(resolve(value) == .unsatisfiable)
  }

  @Test(arguments: [
    "", "bytes", "bytes=", "bytes=abc", "bytes=0-1-2", "bytes 0-4", "bytes=--5", "bytes=-", "bytes=4-0",
    "bytes=0",
    "bytes= 0-4", "bytes=0 -4", "bytes=0- 4", "bytes=+1-2", "bytes=0x1-2", "lines=0-4", "bytes:0-4",
    "bytes=,",
    "bytes=0-4;5", "bytes=0-4, x",
  ])
  func `a value that is no byte range is ignored`(value: String) {
    #expect(resolve(value) == .whole)
  }

  @Test(arguments: ["bytes=0-4,10-14", "bytes=0-4, 5000-", "bytes=0-,0-,0-,0-,0-", "bytes=-1,-1"])
  func `several ranges are answered with the whole`(value: String) {
    #expect(resolve(value) == .whole)
  }

  @Test func `an empty representation has a range from its beginning, and none after it`() {
    for range in ["bytes=0-", "bytes=0-0", "bytes=0-4", "bytes=-5"] { #expect(resolve(range, 0) == .whole) }
    for range in ["bytes=1-", "bytes=1-4", "bytes=-0"] { #expect(resolve(range, 0) == .unsatisfiable) }
  }

  @Test func `the largest representation is served to its last byte`() {
    #expect(resolve("bytes=18446744073709551614-", .max) == .satisfiable(UInt64.max - 1..<UInt64.max))
    #expect(resolve("bytes=-1", .max) == .satisfiable(UInt64.max - 1..<UInt64.max))
  }
}
