// The values of the options of `apus bench` alone, and how they are read. Each error names a value that would
// be accepted.

import ArgumentParser

enum RateArgument {
  static func parse(_ text: String) throws -> Double {
    let factor = text.hasSuffix("k") ? 1000.0 : text.hasSuffix("M") ? 1_000_000 : 1
    guard let rate = Double(factor == 1 ? text : String(text.dropLast())), rate.isFinite,
      (0.01...100_000_000).contains(rate * factor)
    else { throw ValidationError("a rate is a number of requests a second, up to 100M, such as 2000 or 20k") }
    return rate * factor
  }
}

/// `--arrivals`.
package enum ArrivalArgument: String, ExpressibleByArgument, CaseIterable, Sendable {
  case even, poisson
}

enum WeightArgument {
  static func parse(_ text: String) throws -> [Double] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
      guard let weight = Double(part), weight.isFinite, weight > 0 else {
        throw ValidationError("weights are numbers above 0 with commas between them, such as 3,1")
      }
      return weight
    }
  }
}

/// `p99<5ms`: what must hold at a rate.
package struct KneeBound: Equatable, Sendable {
  /// 0...100.
  package let percentile: Double
  package let nanoseconds: UInt64
  package let text: String

  package static func parse(_ text: String) throws -> KneeBound {
    let parts = text.split(separator: "<", omittingEmptySubsequences: false)
    guard parts.count == 2, let name = parts.first, let limit = DurationArgument(argument: String(parts[1])),
      limit.duration > .zero
    else { throw ValidationError("a bound is a percentile, < and a time, such as p99<5ms or max<1s") }
    let percentile: Double? =
      if name == "max" { 100 } else if name == "p999" { 99.9 } else {
        name.hasPrefix("p") ? Double(name.dropFirst()) : nil
      }
    guard let percentile, percentile > 0, percentile <= 100 else {
      throw ValidationError("\(name) is no percentile; p50, p90, p99, p99.9 and max are")
    }
    let (seconds, attoseconds) = limit.duration.components
    return KneeBound(
      percentile: percentile,
      nanoseconds: UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000),
      text: text)
  }
}
