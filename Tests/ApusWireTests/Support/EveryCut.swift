// EveryCut: a head in every way in which its bytes could arrive, parsed and scanned, all of which must agree.

import ApusTesting
import ApusWire
import Testing

struct EveryCut {
  /// What a parser makes of some bytes; `byteCount` means something after `complete`.
  struct Result {
    let outcome: ParseOutcome
    let byteCount: Int
  }

  let bytes: [UInt8]
  let limits: HeadLimits
  let scanner: HeadScanner
  let parse: (Span<UInt8>) -> Result
  /// Of all bytes at once.
  let whole: Result

  /// Every prefix, then byte by byte and in random pieces through the scanner.
  func check(_ sourceLocation: SourceLocation) {
    let prefixFault = faultInPrefixes()
    #expect(prefixFault == nil, sourceLocation: sourceLocation)
    var generator = SeededGenerator(seed: UInt64(bytes.count))
    for pieces in 0..<4 {
      let fault = faultInScan { pieces == 0 ? 1 : Int.random(in: 1...64, using: &generator) }
      #expect(fault == nil, "seed \(bytes.count)", sourceLocation: sourceLocation)
    }
  }

  /// A prefix must be `partial`, or already what the whole is; from there on nothing may change any more.
  private func faultInPrefixes() -> String? {
    var settled = false
    // Of a long head, some prefixes: all of them would take quadratic time.
    for count in stride(from: 0, to: bytes.count, by: bytes.count > 2000 ? 61 : 1) {
      let prefix = Array(bytes[..<count])
      let result = parse(prefix.span)
      if result.outcome == .partial, !settled { continue }
      if result.outcome != whole.outcome {
        return "\(count) bytes give \(result.outcome), all of them \(whole.outcome)"
      }
      if whole.outcome == .complete, result.byteCount != whole.byteCount {
        return "head ends at \(result.byteCount)"
      }
      settled = true
    }
    return nil
  }

  /// The scanner must find the parser's reason or the parser's end, however the bytes are cut.
  private func faultInScan(step: () -> Int) -> String? {
    var scanner = scanner
    var count = 0
    while count < bytes.count {
      count = min(bytes.count, count + step())
      let prefix = Array(bytes[..<count])
      switch scanner.scan(prefix.span, limits: limits) {
      case .partial: continue
      case .invalid(let error):
        return whole.outcome == .invalid(error)
          ? nil : "scanner refuses with \(error) at \(count), parser gives \(whole.outcome)"
      case .complete(let byteCount):
        let outcome = parse(prefix.span).outcome
        if outcome != whole.outcome {
          return "after the scanner the parser gives \(outcome), at once \(whole.outcome)"
        }
        if whole.outcome == .complete, byteCount != whole.byteCount { return "scanner ends at \(byteCount)" }
        return nil
      }
    }
    if whole.outcome == .partial { return nil }
    // A fault that is no control byte may wait for the end of its line.
    let line = bytes + [0x0D, 0x0A]
    if case .invalid(let error) = scanner.scan(line.span, limits: limits), whole.outcome == .invalid(error) {
      return nil
    }
    return "scanner wants more, parser gives \(whole.outcome)"
  }
}
