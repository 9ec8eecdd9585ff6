// EventBoundary: finds where an event stream may end without cutting an event.

import ApusWire

/// Whether the bytes of an event stream that have passed end at the end of an event, which is a blank line
/// (WHATWG HTML section 9.2). A line ends with LF, CR or both.
package struct EventBoundary {
  /// Every event that has begun to pass has also ended.
  package private(set) var isReached = true
  private var isAtLineStart = true
  private var isBehindCR = false

  package init() {}

  /// Takes bytes; returns how many of them lead up to the end of the first event, if one ends here.
  package mutating func pass(_ bytes: Span<UInt8>) -> Int? {
    var first: Int?
    for index in bytes.indices {
      take(bytes[index])
      guard isReached else { continue }
      // A line feed belongs to the carriage return before it.
      if first == nil || first == index && isBehindLineEnd(bytes, index) { first = index + 1 }
    }
    return first
  }

  private func isBehindLineEnd(_ bytes: Span<UInt8>, _ index: Int) -> Bool {
    bytes[index] == UInt8(ascii: "\n") && index > 0 && bytes[index - 1] == UInt8(ascii: "\r")
  }

  private mutating func take(_ byte: UInt8) {
    let isCR = byte == UInt8(ascii: "\r")
    let isLF = byte == UInt8(ascii: "\n")
    let completesLineEnd = isLF && isBehindCR
    isBehindCR = isCR
    if completesLineEnd { return }
    isReached = (isCR || isLF) && isAtLineStart
    isAtLineStart = isCR || isLF
  }
}
