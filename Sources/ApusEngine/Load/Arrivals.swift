// Arrivals: when the requests of an open loop are due. They depend on the plan alone, never on the server, so
// that a server's stalls cannot hide the requests that they delay (coordinated omission).

internal import ApusRing

#if canImport(Glibc)
  internal import Glibc
#endif

/// One thread's share of all arrivals, in order.
package struct Arrivals {
  private let rate: Double
  private let ramp: Double
  private let start: UInt64
  private let threads: Double
  private let isPoisson: Bool
  /// The number of arrivals of all threads that come before this thread's next one; a real number, because
  /// gaps are real numbers.
  private var position: Double
  private var random: LoadRandom
  private var hasEnded = false

  /// Returns nil for a closed loop.
  package init?(_ plan: LoadPlan, start: UInt64) {
    guard let rate = plan.pace.rate else { return nil }
    precondition(rate > 0, "\(rate) requests a second")
    self.rate = rate / 1e9
    ramp = Double(plan.ramp)
    self.start = start
    threads = Double(plan.threads)
    random = LoadRandom(seed: plan.seed &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(plan.thread))
    if case .poisson = plan.pace {
      isPoisson = true
      position = 0
      position = random.exponential() * threads
    } else {
      isPoisson = false
      position = Double(plan.thread)
    }
  }

  /// When the next request is due, in nanoseconds of the monotonic clock.
  package var next: UInt64 { hasEnded ? .max : start + UInt64(time(of: position)) }

  /// No more arrivals come.
  mutating func end() { hasEnded = true }

  package mutating func advance() { position += isPoisson ? random.exponential() * threads : threads }

  /// The number of this thread's arrivals still to come before `end`: exact for an even pace, else on
  /// average.
  package func count(before end: UInt64) -> UInt64 {
    guard end > start, next < end else { return 0 }
    let time = Double(end - start)
    let all = time < ramp ? rate * time * time / (2 * ramp) : rate * (time - ramp / 2)
    return UInt64(max(1, ((all - position) / threads).rounded(.up)))
  }

  /// When `count` arrivals have come: the rate rises linearly during the ramp and is constant after it.
  private func time(of count: Double) -> Double {
    let duringRamp = rate * ramp / 2
    return count < duringRamp ? (2 * count * ramp / rate).squareRoot() : ramp + (count - duringRamp) / rate
  }
}

/// SplitMix64: chooses the kind of the next request, and the gaps of a Poisson pace.
struct LoadRandom {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// Returns a number in 0..<1.
  mutating func unit() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return Double((mixed ^ (mixed >> 31)) >> 11) * 0x1p-53
  }

  /// An exponential gap of mean 1.
  mutating func exponential() -> Double { -log(1 - unit()) }
}
