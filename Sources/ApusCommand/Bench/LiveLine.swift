// LiveLine: one line at a terminal that shows how a run goes.

import ApusEngine
import ApusRing

struct LiveLine {
  private let started = ContinuousClock.now
  private var lastAt = ContinuousClock.now
  private var lastRequests: UInt64 = 0
  private var rate: UInt64 = 0
  private var width = 0

  mutating func update(_ threads: [LoadProgress]) {
    let requests = threads.reduce(0) { $0 + $1.requests }
    let errors = threads.reduce(0) { $0 + $1.errors }
    let now = ContinuousClock.now
    let elapsed = now - lastAt
    if elapsed >= .milliseconds(450) {
      // The counts start again where measuring begins.
      let fresh = requests >= lastRequests ? requests - lastRequests : requests
      rate = UInt64(
        Double(fresh) / (Double(elapsed.components.attoseconds) / 1e18 + Double(elapsed.components.seconds)))
      lastRequests = requests
      lastAt = now
    }
    let errorText = errors == 0 ? "" : ", \(HumanText.count(errors)) errors"
    show(
      "\(HumanText.duration(now - started))  \(HumanText.count(rate))/s  \(HumanText.count(requests)) responses\(errorText)"
    )
  }

  mutating func clear() {
    show("")
    StandardStream.error.write("\r")
  }

  private mutating func show(_ text: String) {
    let padding = String(repeating: " ", count: max(0, width - text.count))
    StandardStream.error.write("\r\(text)\(padding)")
    width = text.count
  }
}
