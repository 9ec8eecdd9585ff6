// UTF8Validator: well-formed UTF-8, byte by byte (Unicode 16, table 3-7; RFC 3629 4).

struct UTF8Validator {
  /// Continuation bytes still to come.
  private var pending: UInt8 = 0
  /// What the next continuation byte may be. Narrower than 80...BF behind four lead bytes, which is what shuts out
  /// overlong forms, surrogates and everything past U+10FFFF.
  private var lower: UInt8 = 0x80
  private var upper: UInt8 = 0xBF

  /// Whether everything so far was whole characters.
  var isBetweenCharacters: Bool { pending == 0 }

  /// False if no well-formed text goes on like this.
  @inline(__always)
  mutating func accept(_ byte: UInt8) -> Bool {
    byte < 0x80 ? pending == 0 : acceptPart(byte)
  }

  private mutating func acceptPart(_ byte: UInt8) -> Bool {
    if pending > 0 {
      guard byte >= lower, byte <= upper else { return false }
      pending -= 1
      lower = 0x80
      upper = 0xBF
      return true
    }
    switch byte {
    case 0xC2...0xDF: pending = 1
    case 0xE0...0xEF: pending = 2
    case 0xF0...0xF4: pending = 3
    default: return false
    }
    switch byte {
    case 0xE0: lower = 0xA0
    case 0xED: upper = 0x9F
    case 0xF0: lower = 0x90
    case 0xF4: upper = 0x8F
    default: break
    }
    return true
  }
}
