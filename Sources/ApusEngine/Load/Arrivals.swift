// Arrivals: when the requests of an open loop should be made. They depend on the plan alone, never on the
// server: that is what keeps its stalls from hiding the requests that it delays (coordinated omission).

internal import ApusRing

#if canImport(Glibc)
  internal import Glibc
#endif

/// One thread's part of all arrivals, in their order.
package struct Arrivals {
  private let rate: Double
  private let ramp: Double
  private let start: UInt64
  private let threads: Double
  private let isPoisson: Bool
  /// How many arrivals of all threads together come before the next one of this thread; a
  /// real number, as gaps are.
  private var position: Double
  private var random: LoadRandom
  private var hasEnded = false

  /// nil for a closed loop.
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

  /// When the next request should be made, in nanoseconds of the monotonic clock.
  package var next: UInt64 { hasEnded ? .max : start + UInt64(time(of: position)) }

  /// None comes any more.
  mutating func end() { hasEnded = true }

  package mutating func advance() { position += isPoisson ? random.exponential() * threads : threads }

  /// How many of this thread's are still to come before that moment: exact where they
  /// are even, else on average.
  package func count(before end: UInt64) -> UInt64 {
    guard end > start, next < end else { return 0 }
    let time = Double(end - start)
    let all = time < ramp ? rate * time * time / (2 * ramp) : rate * (time - ramp / 2)
    return UInt64(max(1, ((all - position) / threads).rounded(.up)))
  }

  /// When `count` arrivals have come: the rate rises evenly through the ramp and then stays.
  private func time(of count: Double) -> Double {
    let duringRamp = rate * ramp / 2
    return count < duringRamp ? (2 * count * ramp / rate).squareRoot() : ramp + (count - duringRamp) / rate
  }
}

/// SplitMix64: which kind of request is next, and how long Poisson's gaps are.
struct LoadRandom {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// In 0..<1.
  mutating func unit() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return Double((mixed ^ (mixed >> 31)) >> 11) * 0x1p-53
  }

  /// A gap of mean 1.
  mutating func exponential() -> Double { -log(1 - unit()) }
}
