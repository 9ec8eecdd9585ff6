// BenchReport: a measurement as a person reads it, and its percentiles as HdrHistogram's tools read them.

import ApusEngine
import Histogram

struct BenchReport {
  let text: String

  init(_ measurement: BenchMeasurement, _ knee: KneeSearch?) {
    let tally = measurement.tally
    var lines: [String] = []
    if let knee { lines.append(knee.sentence) }
    lines.append(
      "\(HumanText.count(tally.requests)) responses in \(Self.decimal(measurement.seconds, 2)) s: "
        + "\(HumanText.count(UInt64(measurement.rate.rounded()))) requests a second")
    if let line = Self.reach(measurement) { lines.append(line) }
    if measurement.latency.totalCount > 0 {
      let percentiles = [("p50", 50.0), ("p90", 90), ("p99", 99), ("p99.9", 99.9), ("max", 100)]
      let values = percentiles.map { "\($0.0) \(Self.time(measurement.percentile($0.1)))" }
      lines.append("  latency      " + values.joined(separator: "   "))
    }
    lines.append(
      "  connections  \(HumanText.count(tally.connectionsOpened)) opened; "
        + "\(HumanText.share(tally.reuses, of: max(1, tally.requests))) of the responses came on a used one")
    if tally.askedAgain > 0 {
      lines.append(
        "  sent again   \(HumanText.count(tally.askedAgain)) requests, because the server ended their kept connections without a response"
      )
    }
    let seconds = max(measurement.seconds, 0.001)
    lines.append(
      "  bytes        \(HumanText.bytes(tally.bytesReceived)) received, \(HumanText.bytes(tally.bytesSent)) sent; "
        + "\(HumanText.bytes(UInt64(Double(tally.bytesReceived) / seconds))) a second in")
    let statuses = (1...5).filter { tally.statuses[$0] > 0 }.map {
      "\($0)xx \(HumanText.count(tally.statuses[$0]))"
    }
    if !statuses.isEmpty { lines.append("  statuses     " + statuses.joined(separator: ", ")) }
    let errors = LoadError.allCases.filter { tally[$0] > 0 }.map {
      "\($0.name) \(HumanText.count(tally[$0]))"
    }
    lines.append("  errors       " + (errors.isEmpty ? "none" : errors.joined(separator: ", ")))
    if let line = Self.afterwards(measurement) { lines.append(line) }
    text = lines.joined(separator: "\n") + "\n"
  }

  /// A rate that was not reached.
  private static func reach(_ measurement: BenchMeasurement) -> String? {
    guard measurement.isBeyondReach, let asked = measurement.askedRate else { return nil }
    let unasked = measurement.afterwards.unasked
    let never = unasked == 0 ? "" : "; \(HumanText.count(unasked)) were never made, and are in no latency"
    return "  beyond reach \(HumanText.count(UInt64(asked.rounded()))) a second were asked for\(never)"
  }

  /// Responses and errors that came after the end, to requests that were due before it.
  private static func afterwards(_ measurement: BenchMeasurement) -> String? {
    let late = measurement.afterwards
    let errors = LoadError.allCases.filter { $0 != .status && late[$0] > 0 }.map {
      "\($0.name) \(HumanText.count(late[$0]))"
    }
    guard measurement.askedRate != nil, late.requests > 0 || !errors.isEmpty else { return nil }
    let responses =
      "\(HumanText.count(late.requests)) responses to requests that were due before, which count in the latencies only"
    return "  afterwards   " + ([responses] + errors).joined(separator: ", ")
  }

  static func time(_ nanoseconds: UInt64) -> String { HumanText.duration(.nanoseconds(Int64(nanoseconds))) }

  static func decimal(_ value: Double, _ places: Int) -> String {
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    let scaled = UInt64(max(0, value * scale).rounded())
    let fraction = String(scaled % UInt64(scale))
    if places == 0 { return String(scaled) }
    return "\(scaled / UInt64(scale))." + String(repeating: "0", count: places - fraction.count) + fraction
  }

  /// In milliseconds, as the plotters expect.
  static func percentiles(_ measurement: BenchMeasurement) -> String {
    var text = ""
    measurement.latency.outputPercentileDistribution(to: &text, outputValueUnitScalingRatio: 1_000_000)
    return text
  }
}
