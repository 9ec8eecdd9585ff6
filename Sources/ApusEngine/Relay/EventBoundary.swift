// EventBoundary: where a stream of events may end without one of them being cut.

import ApusWire

/// Whether the bytes of an event stream that have passed end behind an event, which is a blank line (WHATWG
/// HTML section 9.2). A line ends with LF, CR or both.
package struct EventBoundary {
  /// Nothing of an event has passed that has not ended.
  package private(set) var isReached = true
  private var isAtLineStart = true
  private var isBehindCR = false

  package init() {}

  /// Takes bytes; answers how many of them there are to the first event's end, if there is one.
  package mutating func pass(_ bytes: Span<UInt8>) -> Int? {
    var first: Int?
    for index in bytes.indices {
      take(bytes[index])
      guard isReached else { continue }
      // A line feed goes with the carriage return before it.
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
