// Takes a file of Swift or C apart into tokens and comments. It knows strings of every kind and nested
// comments, since what stands in them must not be taken for code; it knows no grammar.

struct Lexer {
  private(set) var tokens: [Token] = []
  private(set) var comments: [CommentLine] = []
  private let bytes: [UInt8]
  private var at = 0
  private var line = 1

  init(_ text: String) { bytes = Array(text.utf8) }

  mutating func run() { scanCode(isInterpolated: false) }

  private func byte(_ offset: Int = 0) -> UInt8 { at + offset < bytes.count ? bytes[at + offset] : 0 }

  /// Up to the end of the file, or behind the bracket that ends an interpolation.
  private mutating func scanCode(isInterpolated: Bool) {
    var depth = 0
    while at < bytes.count {
      let next = bytes[at]
      if next == UInt8(ascii: ")"), isInterpolated, depth == 0 {
        at += 1
        return
      }
      if next == UInt8(ascii: "(") { depth += 1 }
      if next == UInt8(ascii: ")") { depth -= 1 }
      scanOne(next)
    }
  }

  private mutating func scanOne(_ next: UInt8) {
    switch next {
    case 0x0A:
      line += 1
      at += 1
    case 0x20, 0x09, 0x0D: at += 1
    case UInt8(ascii: "/") where byte(1) == next: scanLineComment()
    case UInt8(ascii: "/") where byte(1) == UInt8(ascii: "*"): scanBlockComment()
    case UInt8(ascii: "\""): scanString(hashes: 0)
    case UInt8(ascii: "#"): scanHash()
    case UInt8(ascii: "'"): scanQuoted(by: next)
    case UInt8(ascii: "`"): scanQuoted(by: next)
    case _ where Self.isDigit(next): scan(.number) { Self.isWord($0) }
    case _ where Self.isWord(next): scan(.word) { Self.isWord($0) }
    case UInt8(ascii: "@"): scan(.word) { Self.isWord($0) }
    case _ where Self.isOperator(next): scanOperator()
    default: scan(.symbol) { _ in false }
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
  private static func isWord(_ byte: UInt8) -> Bool {
    isDigit(byte) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || byte == 0x5F || byte == 0x24
      || byte >= 0x80
  }
  private static func isOperator(_ byte: UInt8) -> Bool { operators.contains(byte) }
  private static let operators = Set("=<>+-*/&|!".utf8)

  private mutating func scan(_ kind: Token.Kind, while belongs: (UInt8) -> Bool) {
    let start = at
    at += 1
    while at < bytes.count, belongs(bytes[at]) { at += 1 }
    tokens.append(Token(kind: kind, text: text(from: start), line: line))
  }

  private mutating func scanOperator() {
    let start = at
    while Self.isOperator(byte()), at == start || byte() != UInt8(ascii: "/") { at += 1 }
    tokens.append(Token(kind: .symbol, text: text(from: start), line: line))
  }

  private func text(from start: Int) -> String { String(decoding: bytes[start..<at], as: UTF8.self) }

  private mutating func scanLineComment() {
    let start = at
    while at < bytes.count, bytes[at] != 0x0A { at += 1 }
    append(comment: text(from: start))
  }

  private mutating func append(comment: String) {
    let standsAlone = tokens.last?.line != line
    comments.append(CommentLine(text: comment, line: line, standsAlone: standsAlone))
  }

  private mutating func scanBlockComment() {
    var start = at
    var depth = 0
    repeat {
      if byte() == UInt8(ascii: "/"), byte(1) == UInt8(ascii: "*") {
        depth += 1
        at += 2
      } else if byte() == UInt8(ascii: "*"), byte(1) == UInt8(ascii: "/") {
        depth -= 1
        at += 2
      } else if byte() == 0x0A {
        append(comment: text(from: start))
        line += 1
        at += 1
        start = at
      } else {
        at += 1
      }
    } while depth > 0 && at < bytes.count
    append(comment: text(from: start))
  }

  /// A name in back-ticks, or C's character.
  private mutating func scanQuoted(by quote: UInt8) {
    at += 1
    let start = at
    while at < bytes.count, bytes[at] != quote, bytes[at] != 0x0A {
      at += byte() == UInt8(ascii: "\\") ? 2 : 1
    }
    tokens.append(Token(kind: .word, text: text(from: start), line: line))
    if byte() == quote { at += 1 }
  }

  /// A string without escapes, or a word as `#if`.
  private mutating func scanHash() {
    var hashes = 1
    while byte(hashes) == UInt8(ascii: "#") { hashes += 1 }
    guard byte(hashes) == UInt8(ascii: "\"") else { return scan(.word) { Self.isWord($0) } }
    at += hashes
    scanString(hashes: hashes)
  }

  private mutating func scanString(hashes: Int) {
    let isLong = byte(1) == UInt8(ascii: "\"") && byte(2) == UInt8(ascii: "\"")
    let quotes = isLong ? 3 : 1
    at += quotes
    var content: [UInt8] = []
    let first = line
    while at < bytes.count, !ends(quotes: quotes, hashes: hashes) {
      if byte() == UInt8(ascii: "\\"), has(hashes, of: UInt8(ascii: "#"), from: 1) {
        at += 1 + hashes
        if byte() == UInt8(ascii: "(") {
          at += 1
          scanCode(isInterpolated: true)
        } else if byte() != 0x0A {
          at += 1
        }
        continue
      }
      if byte() == 0x0A {
        if !isLong { break }
        line += 1
      }
      content.append(bytes[at])
      at += 1
    }
    if byte() == UInt8(ascii: "\"") { at += quotes + hashes }
    tokens.append(Token(kind: .text, text: String(decoding: content, as: UTF8.self), line: first))
  }

  private func ends(quotes: Int, hashes: Int) -> Bool {
    has(quotes, of: UInt8(ascii: "\""), from: 0) && has(hashes, of: UInt8(ascii: "#"), from: quotes)
  }

  private func has(_ count: Int, of wanted: UInt8, from offset: Int) -> Bool {
    (0..<count).allSatisfy { byte(offset + $0) == wanted }
  }
}
