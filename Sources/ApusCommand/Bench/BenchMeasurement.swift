// BenchMeasurement: one run of the load generator, all threads together: what was counted, and the latencies.

import Apus
import ApusEngine
import ApusRing
import ArgumentParser
import Histogram

/// Latencies of one thread. The thread writes until it has ended, then the others read.
private final class LatencyBook: @unchecked Sendable {
  var histogram = BenchMeasurement.emptyHistogram()
}

struct BenchMeasurement {
  /// The counts of the measured span.
  let tally: LoadTally
  /// Responses and errors after that span, to requests that an open loop had due before its end.
  let afterwards: LoadTally
  /// The requests a second that `--rate` asks for; nil without it.
  let askedRate: Double?
  /// Nanoseconds.
  let latency: Histogram<UInt64>
  let seconds: Double

  /// From 64 ns to an hour, three digits.
  static func emptyHistogram() -> Histogram<UInt64> {
    Histogram(
      lowestDiscernibleValue: 64, highestTrackableValue: 3_600_000_000_000,
      numberOfSignificantValueDigits: .three)
  }

  /// Responses a second. Only responses that came before the end count, so an overloaded server gains nothing
  /// by those that it sends later.
  var rate: Double { seconds > 0 ? Double(tally.requests) / seconds : 0 }

  /// True if so many requests that were due had no response in time that the server, or this machine, does
  /// not reach the rate.
  var isBeyondReach: Bool {
    guard let askedRate else { return false }
    let missed = Double(afterwards.requests + afterwards.unasked)
    return missed >= 10 && missed > askedRate * seconds / 20
  }

  var errorCount: UInt64 { tally.errorCount + afterwards.errorCount }

  func percentile(_ percentile: Double) -> UInt64 {
    percentile >= 100 ? latency.max : min(latency.valueAtPercentile(percentile), latency.max)
  }

  /// Runs the plan on `threads` threads, each with its share of the connections.
  ///
  /// - Parameters:
  ///   - watch: Called some times a second until the end, with all threads' progress.
  ///   - interruption: Cuts the run short.
  init(
    _ plan: LoadPlan, threads: Int, interruption: Interruption? = nil,
    watch: (([LoadProgress]) -> Void)? = nil
  ) throws(ExitCode) {
    let processors = availableProcessors()
    let books = (0..<threads).map { _ in LatencyBook() }
    let started = ContinuousClock.now
    let running = (0..<threads).map { thread in
      var share = plan
      share.thread = thread
      share.threads = threads
      share.connections = plan.connections / threads + (thread < plan.connections % threads ? 1 : 0)
      let book = books[thread]
      return LoadThread(share, processor: processors[thread % processors.count]) {
        { latencies in
          for index in latencies.indices { book.histogram.record(latencies[index]) }
        }
      }
    }
    interruption?.whenTold { for thread in running { thread.progress.cutShort() } }
    if let watch {
      let end = started + .nanoseconds(Int64(plan.ramp + plan.warmup + plan.duration))
      while ContinuousClock.now < end, !running.allSatisfy({ $0.progress.isDone }) {
        Pause.milliseconds(100)
        watch(running.map(\.progress))
      }
    }
    var tally = LoadTally()
    var afterwards = LoadTally()
    var latency = Self.emptyHistogram()
    var seconds = 0.0
    var failure: RingUnavailable?
    for (thread, book) in zip(running, books) {
      switch thread.join() {
      case .success(let share):
        tally.add(share.tally)
        afterwards.add(share.afterwards)
        seconds = max(seconds, Double(share.measured) / 1e9)
        latency.add(book.histogram)
      case .failure(let error): failure = error
      }
    }
    if let failure { throw fail(.configuration, failure.description) }
    self.tally = tally
    self.afterwards = afterwards
    askedRate = plan.pace.rate
    self.latency = latency
    self.seconds = seconds
  }
}
