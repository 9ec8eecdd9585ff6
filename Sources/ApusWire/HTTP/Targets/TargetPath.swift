// TargetPath: from the path of a request target to the one name of the thing it means. The router and
// the file server call it for paths that the parser marked; everything behind it works on the result
// and never decodes again.
//
//   +Escapes   what stays escaped in a name, and undoing it
//   +DotSegments   `.` and `..`, plain and in disguise

/// Why a path has no normal form. All are answered with 400.
package enum TargetError: UInt8, Equatable, Sendable, CaseIterable {
  /// `%` without two hex digits behind it.
  case malformedEscape
  /// NUL, CR, LF or another control byte, plain or encoded.
  case controlByte
  /// A plain backslash.
  case backslash
  /// `.` or `..` between a slash or backslash that is encoded and another one, or the segment's end.
  case hiddenDotSegment
  /// More `..` than there are segments to leave.
  case aboveRoot

  package var status: Status { .badRequest }

  package var explanation: String {
    switch self {
    case .malformedEscape: "a percent sign in the path is not followed by two hexadecimal digits"
    case .controlByte: "the path holds a control character"
    case .backslash: "the path holds a backslash that is not escaped"
    case .hiddenDotSegment: "the path holds a dot segment beside an escaped slash or backslash"
    case .aboveRoot: "the path leads above the root"
    }
  }
}

/// The normal form of a path: percent-decoded exactly once, no empty segments, no `.` and `..`.
///
/// It starts with a slash, and ends in one if it names a directory. It is a name, not a URL: a `?` or `%`
/// in it is that character itself, and its bytes need not be UTF-8. Two escapes stay, so that no two
/// paths share a name. An encoded slash is data to RFC 3986 (2.2) and no separator: it stays `%2F`. Where
/// the path means those three characters themselves, their percent sign stays `%25`: `%252F`; and so does
/// that of `%252F`, and so on.
///
/// What RFC 3986 would let pass is refused where servers that a path is handed on to read more into it:
/// a plain backslash, which is a separator to some and stands in no link that a browser makes; and
/// `..%2f`, a dot segment to whoever takes an encoded slash for a separator, as many do. Leading above
/// the root is refused in place of being clamped (RFC 3986 5.2.4): only attacks do it, since clients
/// resolve dots before they send.
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

  /// The segment that is being written, in the output.
  private struct Segment {
    var start: Int
    /// It holds an encoded separator, or a byte that overlong forms of one begin with.
    var mayHideDots = false
  }

  /// Appends what follows the first slash, which ends before `root` in `output`.
  private static func appendSegments(
    of raw: Span<UInt8>, from root: Int, into output: inout OutputSpan<UInt8>
  ) -> TargetError? {
    var cursor = 1
    var segment = Segment(start: root)
    while cursor < raw.count {
      var byte = raw[cursor]
      cursor += 1
      if byte == ASCII.slash {
        if let fault = endSegment(&segment, root: root, isLast: false, in: &output) { return fault }
        continue
      }
      if byte == ASCII.backslash { return .backslash }
      if byte == ASCII.percent {
        guard cursor + 1 < raw.count, let high = raw[cursor].hexValue, let low = raw[cursor + 1].hexValue
        else { return .malformedEscape }
        byte = high << 4 | low
        cursor += 2
        if mayHideDots(byte) { segment.mayHideDots = true }
        if byte == ASCII.slash {
          output.append(ascii: "%2F")
          continue
        }
      }
      if byte < ASCII.space || byte == ASCII.delete { return .controlByte }
      append(byte, behind: segment.start, to: &output)
    }
    return endSegment(&segment, root: root, isLast: true, in: &output)
  }

  /// The bytes of `output` from the segment's start on are all of it: keep it, or do what `.` and `..` mean.
  private static func endSegment(
    _ segment: inout Segment, root: Int, isLast: Bool, in output: inout OutputSpan<UInt8>
  ) -> TargetError? {
    let start = segment.start
    let count = output.count - start
    if count == 0 { return nil }
    if segment.mayHideDots, hidesDotSegment(output.span.extracting(start..<output.count)) {
      return .hiddenDotSegment
    }
    if count == 1, output[start] == ASCII.dot {
      output.removeLast(1)
    } else if count == 2, output[start] == ASCII.dot, output[start + 1] == ASCII.dot {
      guard start > root else { return .aboveRoot }
      output.removeLast(3)
      while output[output.count - 1] != ASCII.slash { output.removeLast(1) }
    } else if !isLast {
      output.append(ASCII.slash)
    }
    segment = Segment(start: output.count)
    return nil
  }
}
