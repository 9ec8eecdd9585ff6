import ApusWire
import Testing

/// Appending runs of bytes.
struct OutputSpanTests {
  @Test(
    arguments: [
      0, 1, 9, 10, 99, 100, 12345, 4_294_967_295, 4_294_967_296, 999_999_999_999, 9_999_999_999_999_999_999,
      10_000_000_000_000_000_000, .max,
    ] as [UInt64])
  func `a number is written in decimal`(number: UInt64) {
    #expect(written(20) { $0.append(decimal: number) } == String(number))
  }

  @Test func `runs of bytes follow each other`() {
    let bytes = wire("\0\u{FF}abc")
    let output = written(20) { output in
      output.append(copying: bytes.span)
      output.append(copying: bytes.span.extracting(0..<0))
      output.append(ascii: "xyz")
      output.append(ascii: "")
      output.append(decimal: 7)
    }
    #expect(output == "\0\u{FF}abcxyz7")
  }

  @Test func `an exact fit fits`() {
    #expect(written(3) { $0.append(ascii: "abc") } == "abc")
    #expect(written(3) { $0.append(copying: wire("abc").span) } == "abc")
    #expect(written(3) { $0.append(decimal: 123) } == "123")
  }
}
