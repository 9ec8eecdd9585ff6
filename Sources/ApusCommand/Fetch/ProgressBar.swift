// ProgressBar: how far a long download is, on standard error, for a person at a terminal.

import ApusRing

package struct ProgressBar {
  private let total: UInt64?
  private let isShown: Bool
  private let started = ContinuousClock.now
  private var lastAt = ContinuousClock.now
  private var count: UInt64 = 0
  private var width = 0

  /// A response that ends before this time shows no bar.
  private static let patience = Duration.milliseconds(500)
  private static let interval = Duration.milliseconds(100)
  private static let cells: UInt64 = 30

  init(total: UInt64?, isShown: Bool) {
    self.total = total
    self.isShown = isShown && StandardStream.error.isTerminal
  }

  mutating func advance(by bytes: UInt64) {
    count += bytes
    guard isShown else { return }
    let now = ContinuousClock.now
    guard now - started > Self.patience, now - lastAt > Self.interval else { return }
    lastAt = now
    show(Self.line(count, of: total, after: now - started))
  }

  mutating func end() {
    guard width > 0 else { return }
    show("")
    StandardStream.error.write("\r")
  }

  /// `[=====     ]  12.0 MiB of 24.0 MiB, 6.0 MiB/s`.
  package static func line(_ count: UInt64, of total: UInt64?, after time: Duration) -> String {
    let seconds = max(time / .seconds(1), 0.001)
    let rate = "\(HumanText.bytes(UInt64(Double(count) / seconds)))/s"
    guard let total, total > 0 else { return "\(HumanText.bytes(count)), \(rate)" }
    let filled = Int(min(cells, count.multipliedReportingOverflow(by: cells).partialValue / total))
    let bar = String(repeating: "=", count: filled) + String(repeating: " ", count: Int(cells) - filled)
    return "[\(bar)]  \(HumanText.bytes(count)) of \(HumanText.bytes(total)), \(rate)"
  }

  private mutating func show(_ text: String) {
    StandardStream.error.write("\r\(text)\(String(repeating: " ", count: max(0, width - text.count)))")
    width = text.count
  }
}
