import ApusEngine
import ApusRing
import Testing

/// 22 November 2026, 20:03:46 UTC.
private let someSecond: Int64 = 1_795_377_826

private let local = PeerAddress(family: .v4, octets: (0x0100_007F, 0), port: 4711)

private func line(
  _ format: AccessLogFormat, request: [UInt8] = Array("GET / HTTP/1.1".utf8), referer: [UInt8] = [],
  userAgent: [UInt8] = [], peer: PeerAddress? = local, unixSeconds: Int64 = someSecond, isCut: Bool = false
) -> String {
  var writer = AccessLogWriter(format)
  let bytes = [UInt8](capacity: AccessLogWriter.lineByteLimit) { output in
    writer.append(
      AccessRecord(
        peer: peer, unixSeconds: unixSeconds, requestLine: request.span, status: 200, bodyBytes: 1234,
        isCut: isCut, referer: referer.span, userAgent: userAgent.span, durationNanoseconds: 42_000),
      to: &output)
  }
  return String(decoding: bytes, as: UTF8.self)
}

private func v6(_ octets: [UInt8]) -> PeerAddress {
  func half(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
  return PeerAddress(family: .v6, octets: (half(octets[0..<8]), half(octets[8..<16])), port: 1)
}

@Suite struct AccessLogTests {
  @Test func `common lines hold peer, time, request, status and bytes`() {
    #expect(line(.common) == "127.0.0.1 - - [22/Nov/2026:20:03:46 +0000] \"GET / HTTP/1.1\" 200 1234\n")
  }

  @Test func `combined lines add referer and user agent, or dashes`() {
    let common = "127.0.0.1 - - [22/Nov/2026:20:03:46 +0000] \"GET / HTTP/1.1\" 200 1234"
    #expect(line(.combined) == "\(common) \"-\" \"-\"\n")
    let full = line(.combined, referer: Array("http://a/".utf8), userAgent: Array("curl/8".utf8))
    #expect(full == "\(common) \"http://a/\" \"curl/8\"\n")
  }

  @Test func `JSON lines are one object each`() {
    #expect(
      line(.json, userAgent: Array("curl/8".utf8))
        == #"{"time":"2026-11-22T20:03:46Z","peer":"127.0.0.1","request":"GET / HTTP/1.1","status":200,"#
        + #""bytes":1234,"cut":false,"duration_ns":42000,"referer":"","user_agent":"curl/8"}"# + "\n")
  }

  @Test func `an answer that was cut is marked behind all else, in JSON by a member`() {
    for format in [AccessLogFormat.common, .combined] {
      #expect(line(format, isCut: true) == line(format).dropLast() + " cut\n")
    }
    #expect(line(.json, isCut: true).contains(#","bytes":1234,"cut":true,"#))
  }

  @Test(arguments: [AccessLogFormat.common, .combined, .json])
  func `no byte of a peer's ends a line, closes a quote or reaches a terminal raw`(format: AccessLogFormat) {
    let plain = line(format, userAgent: [UInt8(ascii: "a")])
    let quotes = plain.utf8.count { $0 == UInt8(ascii: "\"") }
    for byte in UInt8.min...UInt8.max {
      let text = line(format, request: [byte], referer: [byte], userAgent: [byte])
      #expect(text.utf8.count { $0 == UInt8(ascii: "\n") } == 1 && text.hasSuffix("\n"), "byte \(byte)")
      #expect(text.utf8.dropLast().allSatisfy { $0 >= 0x20 && $0 < 0x7F }, "byte \(byte)")
      let escaped = text.utf8.count { $0 == UInt8(ascii: "\"") } - quotes
      // An escaped quote is the only one that is added, and a backslash stands before it.
      let added = byte == UInt8(ascii: "\"") ? (format == .common ? 1 : 3) : 0
      #expect(escaped == added, "byte \(byte): \(text)")
    }
    let attack = line(format, request: Array("GET /\" 200 0\r\n127.0.0.1 - - \u{1B}[2J HTTP/1.1".utf8))
    #expect(attack.contains("/\\\" 200 0"))
    #expect(attack.utf8.dropLast().allSatisfy { $0 >= 0x20 && $0 < 0x7F })
  }

  @Test func `a backslash is doubled, so that an escape cannot be faked`() {
    #expect(line(.common, request: Array(#"a\"b"#.utf8)).contains(#""a\\\"b""#))
    #expect(line(.json, request: Array(#"a\"b"#.utf8)).contains(#""a\\\"b""#))
  }

  @Test func `a control byte is written in hexadecimal`() {
    #expect(line(.common, request: [0x1B, 0x00, 0xFF]).contains(#""\x1b\x00\xff""#))
    #expect(line(.json, request: [0x1B, 0x00, 0x7F]).contains(#""\u001b\u0000\u007f""#))
  }

  @Test func `JSON keeps well-formed UTF-8 and escapes what is not`() {
    #expect(line(.json, userAgent: Array("é✓😀".utf8)).contains(#""é✓😀""#))
    // An overlong slash, a surrogate, a C1 control, a sequence cut short.
    let broken: [UInt8] = [0xC0, 0xAF, 0xED, 0xA0, 0x80, 0xC2, 0x9B, 0xE2, 0x9C]
    let expected = #""\u00c0\u00af\u00ed\u00a0\u0080\u00c2\u009b\u00e2\u009c""#
    #expect(line(.json, userAgent: broken).contains(expected))
  }

  @Test(arguments: [AccessLogFormat.common, .combined, .json])
  func `a long value is cut, whatever it is made of`(format: AccessLogFormat) {
    for byte in [UInt8(ascii: "a"), UInt8(ascii: "\""), 0x00, 0xFF] {
      let long = [UInt8](repeating: byte, count: 60_000)
      let text = line(format, request: long, referer: long, userAgent: long)
      #expect(text.utf8.count <= AccessLogWriter.lineByteLimit)
      #expect(text.contains("...\""))
      #expect(text.hasSuffix("\n"))
    }
  }

  @Test func `a cut falls between characters`() {
    let long = Array(String(repeating: "✓", count: 2_000).utf8)
    for padding in 0..<3 {
      let text = line(.json, userAgent: Array(repeating: UInt8(ascii: "a"), count: padding) + long)
      #expect(!text.contains("\u{FFFD}"))
      #expect(text.contains("✓...\""))
    }
  }

  @Test func `an IPv6 peer is written as RFC 5952 has it`() {
    func text(_ octets: [UInt8]) -> Substring { line(.common, peer: v6(octets)).prefix { $0 != " " } }
    let zeros = [UInt8](repeating: 0, count: 16)
    #expect(text(zeros) == "::")
    #expect(text(zeros.dropLast() + [1]) == "::1")
    #expect(text([0x20, 1, 0x0D, 0xB8] + zeros.prefix(11) + [1]) == "2001:db8::1")
    // The first of two equally long runs is shortened, and one group alone is not.
    #expect(text([0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1]) == "2001:db8::1:0:0:1")
    #expect(text([0x20, 1, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0x0A]) == "2001:0:1:1:1:1:1:a")
    #expect(text([0x20, 1, 0x0D, 0xB8] + zeros.prefix(12)) == "2001:db8::")
  }

  @Test func `an IPv4 peer of an IPv6 socket is written as IPv4`() {
    let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 192, 0, 2, 33]
    #expect(line(.common, peer: v6(mapped)).hasPrefix("192.0.2.33 "))
  }

  @Test func `an unknown peer is a dash`() {
    #expect(line(.common, peer: nil).hasPrefix("- - - ["))
    #expect(line(.json, peer: nil).contains(#""peer":"-""#))
  }

  @Test func `the time follows the clock from second to second`() {
    var writer = AccessLogWriter(.common)
    let request = Array("GET / HTTP/1.1".utf8)
    let nothing: [UInt8] = []
    let bytes = [UInt8](capacity: 4 * AccessLogWriter.lineByteLimit) { output in
      for second in [someSecond, someSecond, someSecond + 1] {
        writer.append(
          AccessRecord(
            peer: nil, unixSeconds: second, requestLine: request.span, status: 404, bodyBytes: 0,
            referer: nothing.span, userAgent: nothing.span, durationNanoseconds: 0),
          to: &output)
      }
    }
    let times = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map {
      $0.dropFirst(19).prefix(8)
    }
    #expect(times == ["20:03:46", "20:03:46", "20:03:47"])
  }

  @Test func `the times before 1970 and at a year's end are right`() {
    #expect(line(.json, unixSeconds: -1).contains("\"1969-12-31T23:59:59Z\""))
    #expect(line(.json, unixSeconds: 1_735_689_599).contains("\"2024-12-31T23:59:59Z\""))
    #expect(line(.common, unixSeconds: 1_709_164_800).contains("[29/Feb/2024:00:00:00 +0000]"))
  }
}
