// A peer's address as text: dotted for IPv4, RFC 5952 for IPv6. The port is omitted, as logs do.

package import ApusRing
import ApusWire

extension PeerAddress {
  /// Byte `index` of the address, in network order.
  private func octet(_ index: Int) -> UInt8 {
    let half = index < 8 ? octets.0 : octets.1
    return UInt8(truncatingIfNeeded: half >> UInt64(8 * (index % 8)))
  }

  /// Group `index` of an IPv6 address.
  private func group(_ index: Int) -> UInt16 { UInt16(octet(2 * index)) << 8 | UInt16(octet(2 * index + 1)) }

  /// The address is `::ffff:a.b.c.d`, the form of an IPv4 peer on an IPv6 socket.
  var isMapped: Bool { (0..<5).allSatisfy { group($0) == 0 } && group(5) == 0xFFFF }

  /// The address as text.
  package var text: String {
    let bytes = [UInt8](capacity: 40) { (output: inout OutputSpan<UInt8>) in append(to: &output) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The part that identifies a client: an IPv4 address, or the first half of an IPv6 address, because a
  /// client usually has a whole /64.
  package var clientKey: UInt64 { family == .v6 && isMapped ? octets.1 : octets.0 }

  /// Appends the address, at most 39 bytes.
  func append(to output: inout OutputSpan<UInt8>) {
    switch family {
    case .v4: appendDotted(from: 0, to: &output)
    case .v6 where isMapped: appendDotted(from: 12, to: &output)
    case .v6: appendGroups(to: &output)
    case .unix: output.append(ascii: "unix:")
    }
  }

  private func appendDotted(from first: Int, to output: inout OutputSpan<UInt8>) {
    for index in 0..<4 {
      if index > 0 { output.append(ascii: ".") }
      output.append(decimal: UInt64(octet(first + index)))
    }
  }

  /// Eight groups, the first longest run of two or more zero groups written as `::`.
  private func appendGroups(to output: inout OutputSpan<UInt8>) {
    let zeros = longestZeroRun()
    var index = 0
    while index < 8 {
      if index == zeros.lowerBound, !zeros.isEmpty {
        output.append(ascii: "::")
        index = zeros.upperBound
        continue
      }
      if index > 0, index != zeros.upperBound { output.append(ascii: ":") }
      append(hex: group(index), to: &output)
      index += 1
    }
  }

  private func longestZeroRun() -> Range<Int> {
    var longest = 0..<0
    var start = 0
    for index in 0...8 where index == 8 || group(index) != 0 {
      if index - start > max(longest.count, 1) { longest = start..<index }
      start = index + 1
    }
    return longest
  }

  private func append(hex group: UInt16, to output: inout OutputSpan<UInt8>) {
    var isLeading = true
    for shift in stride(from: 12, through: 0, by: -4) {
      let digit = UInt8(group >> UInt16(shift) & 0x0F)
      if digit == 0, isLeading, shift > 0 { continue }
      isLeading = false
      output.append(hexDigit: digit)
    }
  }
}

extension PeerAddress? {
  /// Appends the address, or a dash if it is not known.
  func append(to output: inout OutputSpan<UInt8>) {
    if let self { self.append(to: &output) } else { output.append(ascii: "-") }
  }
}
