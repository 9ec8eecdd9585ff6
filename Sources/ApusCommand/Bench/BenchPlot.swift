// BenchPlot: a measurement as a picture: latencies by percentile, as far into the nines as there are
// answers, and the rate over time.

import ApusEngine
import Histogram

struct BenchPlot {
  let svg: String

  private static let width = 860.0
  private static let height = 260.0
  private static let left = 80.0

  init(_ measurement: BenchMeasurement, title: String) {
    var body = ""
    let escaped = title.map { ["&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;"][$0] ?? String($0) }
      .joined()
    body += Self.text(Self.left, 24, escaped, size: 15)
    body += Self.latency(measurement, top: 60)
    body += Self.rate(measurement, top: 400)
    svg = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 980 720" font-family="sans-serif" font-size="12">
      <rect width="980" height="720" fill="white"/>
      \(body)</svg>

      """
  }

  /// Percentiles by their nines: each step to the right is ten times rarer.
  private static func latency(_ measurement: BenchMeasurement, top: Double) -> String {
    var body = text(left, top - 12, "latency by percentile")
    let count = max(1, measurement.latency.totalCount)
    var nines = 1
    var reach: UInt64 = 10
    while reach * 10 <= count, nines < 6 {
      nines += 1
      reach *= 10
    }
    let highest = max(1, Double(measurement.latency.max))
    func x(_ share: Double) -> Double { left + share / Double(nines) * width }
    func y(_ value: Double) -> Double { top + height - value / highest * height }
    for step in 0...nines {
      let label =
        step == 0
        ? "0"
        : step == 1 ? "90%" : "99" + (step > 2 ? "." : "") + String(repeating: "9", count: step - 2) + "%"
      body += line(x(Double(step)), top, x(Double(step)), top + height, "#ddd")
      body += text(x(Double(step)) - 12, top + height + 18, label)
    }
    for part in 0...4 {
      let value = highest * Double(part) / 4
      body += line(left, y(value), left + width, y(value), "#ddd")
      body += text(4, y(value) + 4, BenchReport.time(UInt64(value)))
    }
    var points: [String] = []
    for step in 0...(nines * 60) {
      let share = Double(step) / 60
      var rest = 1.0
      for _ in 0..<Int(share) { rest /= 10 }
      rest *= powerOfTenth(share - share.rounded(.down))
      points.append("\(point(x(share))),\(point(y(Double(measurement.percentile(100 * (1 - rest))))))")
    }
    return body + polyline(points, "#1f6feb")
  }

  /// 10 to the power of -`fraction`, 0...1, by squaring roots: no library of functions for one curve.
  private static func powerOfTenth(_ fraction: Double) -> Double {
    var result = 1.0
    var root = 0.1
    var rest = fraction
    for _ in 0..<24 {
      root = root.squareRoot()
      rest *= 2
      if rest >= 1 {
        result *= root
        rest -= 1
      }
    }
    return fraction >= 1 ? 0.1 : result
  }

  private static func rate(_ measurement: BenchMeasurement, top: Double) -> String {
    var body = text(left, top - 12, "responses a second, over time")
    let bins = measurement.tally.timeline.prefix(Int(measurement.seconds * 10))
    guard bins.count > 1 else { return body }
    let highest = max(1, Double(bins.max()!) * 10)
    for part in 0...4 {
      let y = top + height - height * Double(part) / 4
      body += line(left, y, left + width, y, "#ddd")
      body += text(4, y + 4, HumanText.count(UInt64(highest * Double(part) / 4)))
    }
    var points: [String] = []
    for (index, bin) in bins.enumerated() {
      let x = left + Double(index) / Double(bins.count - 1) * width
      points.append("\(point(x)),\(point(top + height - Double(bin) * 10 / highest * height))")
    }
    body += text(left + width - 40, top + height + 18, "\(BenchReport.decimal(measurement.seconds, 1)) s")
    return body + polyline(points, "#bf3989")
  }

  private static func point(_ value: Double) -> String { BenchReport.decimal(value, 1) }

  private static func text(_ x: Double, _ y: Double, _ text: String, size: Int = 12) -> String {
    "<text x=\"\(point(x))\" y=\"\(point(y))\" font-size=\"\(size)\">\(text)</text>\n"
  }

  private static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ color: String) -> String
  {
    "<line x1=\"\(point(x1))\" y1=\"\(point(y1))\" x2=\"\(point(x2))\" y2=\"\(point(y2))\" stroke=\"\(color)\"/>\n"
  }

  private static func polyline(_ points: [String], _ color: String) -> String {
    "<polyline fill=\"none\" stroke=\"\(color)\" stroke-width=\"1.5\" points=\"\(points.joined(separator: " "))\"/>\n"
  }
}
