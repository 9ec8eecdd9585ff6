// KneeSearch: the highest rate at which a bound on latency holds. First the rate that the server reaches when
// nothing holds it back, then bisection between what held and what did not.

import ApusEngine
import ArgumentParser

struct KneeSearch {
  let bound: KneeBound
  /// The highest rate that held; nil if none did.
  private(set) var rate: Double?
  /// The measurement at that rate, or the last one.
  private(set) var best: BenchMeasurement

  /// Rates tried between the first two: the result is within 2^-7 of the highest rate.
  private static let steps = 7

  init(
    _ bound: KneeBound, _ plan: LoadPlan, _ threads: Int, _ interruption: Interruption,
    say: (String) -> Void
  ) throws(ExitCode) {
    self.bound = bound
    let ceiling = try BenchMeasurement(plan, threads: threads, interruption: interruption)
    best = ceiling
    say("without a bound: \(HumanText.count(UInt64(ceiling.rate))) a second\n")
    guard ceiling.rate > 0, !interruption.isTold else { return }
    var low = 0.0
    var high = ceiling.rate
    for _ in 0..<Self.steps {
      let rate = (low + high) / 2
      var trial = plan
      trial.pace = .even(rate)
      let measurement = try BenchMeasurement(trial, threads: threads, interruption: interruption)
      // A measurement that was cut short says nothing about the rate.
      if interruption.isTold { return }
      let value = measurement.percentile(bound.percentile)
      let holds = Self.holds(measurement, bound, asked: rate)
      say(
        "\(HumanText.count(UInt64(rate))) a second: \(BenchReport.time(value)), \(holds ? "holds" : "does not hold")\n"
      )
      if holds {
        low = rate
        self.rate = rate
        best = measurement
      } else {
        high = rate
        if self.rate == nil { best = measurement }
      }
    }
  }

  /// The bound holds, nothing failed, and the rate was kept.
  private static func holds(_ measurement: BenchMeasurement, _ bound: KneeBound, asked rate: Double) -> Bool {
    measurement.percentile(bound.percentile) < bound.nanoseconds && measurement.errorCount == 0
      && measurement.rate >= 0.95 * rate
  }

  var sentence: String {
    guard let rate else { return "\(bound.text) held at no rate that was tried" }
    return "\(bound.text) holds up to \(HumanText.count(UInt64(rate))) requests a second"
  }
}
