// What stays escaped in a path's name (`%2F`, and `%25` where it could be taken for the start of one), and
// undoing it. `%`, any number of times `25`, `2F`: without a `25` that is an encoded slash, with one or more
// it is a percent sign and what follows the first of them.

extension TargetPath {
  /// What a percent sign in a name stands for.
  private enum Meaning {
    /// Itself.
    case percent
    /// Itself, with a `25` behind it that only says so.
    case markedPercent
    /// With the `2F` behind it an encoded slash.
    case slash
  }

  private static func meaning(of name: Span<UInt8>, at index: Int) -> Meaning {
    var cursor = index + 1
    while cursor + 1 < name.count, name[cursor] == two, name[cursor + 1] == five { cursor += 2 }
    guard cursor + 1 < name.count, name[cursor] == two, name[cursor + 1].lowercased == letterF else {
      return .percent
    }
    return cursor == index + 1 ? .slash : .markedPercent
  }

  private static let two = UInt8(ascii: "2")
  private static let five = UInt8(ascii: "5")
  private static let letterF = UInt8(ascii: "f")

  /// Appends a byte that the path means as it is, to a segment from `start` on.
  @inline(__always)
  static func append(_ byte: UInt8, behind start: Int, to output: inout OutputSpan<UInt8>) {
    // One `25` more makes a percent sign of what would be an encoded slash, or another percent sign.
    if byte.lowercased == letterF, endsLikeEscape(output.span.extracting(start..<output.count)) {
      output.append(five)
      output.append(two)
    }
    output.append(byte)
  }

  /// `%`, any number of times `25`, `2`: all of them bytes that the path means, as the
  /// escapes that stay end in F.
  private static func endsLikeEscape(_ segment: Span<UInt8>) -> Bool {
    var end = segment.count
    guard end > 1, segment[end - 1] == two else { return false }
    end -= 1
    while end > 2, segment[end - 1] == five, segment[end - 2] == two { end -= 2 }
    return segment[end - 1] == ASCII.percent
  }

  /// Some segment of the name holds an encoded slash: nothing that a file can be called.
  package static func hasEscapedSlash(_ name: Span<UInt8>) -> Bool {
    for index in name.indices where name[index] == ASCII.percent {
      if case .slash = meaning(of: name, at: index) { return true }
    }
    return false
  }

  /// Something in the name is not what it stands for.
  package static func hasEscapes(_ name: Span<UInt8>) -> Bool {
    for index in name.indices where name[index] == ASCII.percent {
      switch meaning(of: name, at: index) {
      case .percent: break
      case .markedPercent, .slash: return true
      }
    }
    return false
  }

  /// Appends what (a part of) a name stands for: its bytes, encoded slashes among them as slashes.
  /// Never longer than the name.
  package static func undo(_ name: Span<UInt8>, into output: inout OutputSpan<UInt8>) {
    var index = 0
    while index < name.count {
      let byte = name[index]
      index += 1
      guard byte == ASCII.percent else {
        output.append(byte)
        continue
      }
      switch meaning(of: name, at: index - 1) {
      case .percent: output.append(byte)
      case .markedPercent:
        output.append(byte)
        index += 2
      case .slash:
        output.append(ASCII.slash)
        index += 2
      }
    }
  }

  /// Appends the path that has this name, with nothing plain but what RFC 3986 lets stand in a segment (3.3
  /// `pchar`), and slashes. Up to three times as long.
  package static func write(_ name: Span<UInt8>, into output: inout OutputSpan<UInt8>) {
    for index in name.indices {
      let byte = name[index]
      if byte == ASCII.slash || isPathCharacter(byte) {
        output.append(byte)
      } else if byte == ASCII.percent, meaning(of: name, at: index) != .percent {
        output.append(byte)
      } else {
        output.append(ASCII.percent)
        for digit in [byte >> 4, byte & 0x0F] {
          output.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "A") + digit - 10)
        }
      }
    }
  }

  /// `pchar` without its escapes.
  private static func isPathCharacter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "~"), UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"),
      UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: ","),
      UInt8(ascii: ";"), UInt8(ascii: "="), UInt8(ascii: ":"), UInt8(ascii: "@"):
      true
    default: false
    }
  }
}
