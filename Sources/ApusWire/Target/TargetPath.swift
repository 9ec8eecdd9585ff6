// TargetPath: from the path of a request target to the one name of the thing it means. The router and the file server
// call it for paths that the parser marked; everything behind it works on the result and never decodes again.

/// Why a path has no normal form. All are answered with 400.
package enum TargetError: UInt8, Equatable, Sendable, CaseIterable {
  /// `%` without two hex digits behind it.
  case malformedEscape
  /// NUL, CR, LF or another control byte, plain or encoded.
  case controlByte
  /// A backslash, or an encoded slash or backslash.
  case separator
  /// Bytes that are not UTF-8; overlong forms and surrogates are not.
  case invalidUTF8
  /// More `..` than there are segments to leave.
  case aboveRoot

  package var status: Status { .badRequest }

  package var explanation: String {
    switch self {
    case .malformedEscape: "a percent sign in the path is not followed by two hexadecimal digits"
    case .controlByte: "the path holds a control character"
    case .separator: "the path holds a backslash or an encoded slash"
    case .invalidUTF8: "the path is not UTF-8"
    case .aboveRoot: "the path leads above the root"
    }
  }
}

/// The normal form of a path: percent-decoded exactly once, no empty segments, no `.` and `..`, valid UTF-8.
///
/// It starts with a slash, and ends in one if it names a directory. It is a name, not a URL: a `?` or `%` in it is
/// that character itself.
///
/// Two things that RFC 3986 would let pass are refused. An encoded slash is data to the RFC (2.2) but a separator to
/// whatever opens files, and the two readings are how `..%2f` gets out of a root. A backslash is data too, but a
/// separator on other systems, and no link on the web needs one. Leading above the root is refused in place of being
/// clamped (RFC 3986 5.2.4): only attacks do it, since clients resolve dots before they send.
package enum TargetPath {
  /// Appends the normal form of `raw`, or nothing if there is none and the reason is returned.
  ///
  /// - Parameters:
  ///   - raw: `RequestHead.path`: starts with a slash, or is empty, which means `/`.
  ///   - output: Needs room for `max(1, raw.count)` bytes; the result is never longer.
  package static func normalise(_ raw: Span<UInt8>, into output: inout OutputSpan<UInt8>) -> TargetError? {
    precondition(raw.isEmpty || raw[0] == ASCII.slash, "a path that does not start with a slash")
    let base = output.count
    output.append(ASCII.slash)
    let fault = appendSegments(of: raw, from: base + 1, into: &output)
    if fault != nil { output.removeLast(output.count - base) }
    return fault
  }

  /// Some segment of a path as it came means `.` or `..`, escaped or not; of `leadingUp`, `..` alone.
  package static func hasDotSegment(_ raw: Span<UInt8>, leadingUp: Bool = false) -> Bool {
    let sought = leadingUp ? 2...2 : 1...2
    var dots = 0
    var isOther = false
    var cursor = 0
    while cursor < raw.count {
      let byte = raw[cursor]
      if byte == ASCII.slash {
        if sought.contains(dots), !isOther { return true }
        dots = 0
        isOther = false
      } else if byte == ASCII.dot {
        dots += 1
      } else if byte == ASCII.percent, cursor + 2 < raw.count, raw[cursor + 1] == UInt8(ascii: "2"),
        raw[cursor + 2].lowercased == UInt8(ascii: "e")
      {
        dots += 1
        cursor += 2
      } else {
        isOther = true
      }
      cursor += 1
    }
    return sought.contains(dots) && !isOther
  }

  /// Appends what follows the first slash, which ends before `root` in `output`.
  private static func appendSegments(
    of raw: Span<UInt8>, from root: Int, into output: inout OutputSpan<UInt8>
  ) -> TargetError? {
    var cursor = 1
    var segment = root
    var unicode = UTF8Validator()
    while cursor < raw.count {
      var byte = raw[cursor]
      cursor += 1
      if byte == ASCII.slash {
        if let fault = endSegment(&segment, root: root, unicode, isLast: false, in: &output) { return fault }
        continue
      }
      if byte == ASCII.percent {
        guard cursor + 1 < raw.count, let high = raw[cursor].hexValue, let low = raw[cursor + 1].hexValue
        else {
          return .malformedEscape
        }
        byte = high << 4 | low
        cursor += 2
        if byte == ASCII.slash { return .separator }
      }
      if byte == ASCII.backslash { return .separator }
      if byte < ASCII.space || byte == ASCII.delete { return .controlByte }
      guard unicode.accept(byte) else { return .invalidUTF8 }
      output.append(byte)
    }
    return endSegment(&segment, root: root, unicode, isLast: true, in: &output)
  }

  /// The bytes of `output` from `segment` on are a whole segment: keep it, or do what `.` and `..` mean.
  private static func endSegment(
    _ segment: inout Int, root: Int, _ unicode: UTF8Validator, isLast: Bool,
    in output: inout OutputSpan<UInt8>
  ) -> TargetError? {
    guard unicode.isBetweenCharacters else { return .invalidUTF8 }
    let count = output.count - segment
    if count == 0 { return nil }
    if count == 1, output[segment] == ASCII.dot {
      output.removeLast(1)
    } else if count == 2, output[segment] == ASCII.dot, output[segment + 1] == ASCII.dot {
      guard segment > root else { return .aboveRoot }
      output.removeLast(3)
      while output[output.count - 1] != ASCII.slash { output.removeLast(1) }
    } else if !isLast {
      output.append(ASCII.slash)
    }
    segment = output.count
    return nil
  }
}
