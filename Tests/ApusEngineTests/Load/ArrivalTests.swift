import ApusEngine
import ApusRing
import ApusWire
import Testing

/// When an open loop's requests should be made.
@Suite struct ArrivalTests {
  private func plan(_ pace: Pace, thread: Int = 0, threads: Int = 1, ramp: UInt64 = 0, seed: UInt64 = 1)
    -> LoadPlan
  {
    var plan = LoadPlan(
      origins: [SocketAddress(unixPath: "/x")!], requests: [LoadRequest(method: .get, bytes: [1])],
      connections: 1, pace: pace, duration: 1_000_000_000)
    plan.thread = thread
    plan.threads = threads
    plan.ramp = ramp
    plan.seed = seed
    return plan
  }

  private func first(_ count: Int, _ plan: LoadPlan) throws -> [UInt64] {
    var arrivals = try #require(Arrivals(plan, start: 1000))
    return (0..<count).map { _ in
      defer { arrivals.advance() }
      return arrivals.next - 1000
    }
  }

  @Test func `a closed loop has none`() {
    #expect(Arrivals(plan(.closed), start: 0) == nil)
  }

  @Test func `even arrivals keep their distance for ever`() throws {
    #expect(try first(5, plan(.even(2000))) == [0, 500_000, 1_000_000, 1_500_000, 2_000_000])
    // A rate that does not divide a second drifts by less than its rounding.
    let many = try first(300_001, plan(.even(3000)))
    #expect(many[300_000] / 1000 == 100_000_000)
  }

  @Test func `the threads' arrivals interleave evenly`() throws {
    let all = try (0..<4).flatMap { try first(100, plan(.even(1000), thread: $0, threads: 4)) }.sorted()
    for index in 1..<all.count { #expect((999_999...1_000_001).contains(all[index] - all[index - 1])) }
  }

  @Test func `the rate rises evenly through the ramp`() throws {
    let arrivals = try first(3000, plan(.even(1000), ramp: 2_000_000_000))
    // Half the rate on average in the ramp, then the whole rate.
    #expect(arrivals.filter { $0 < 2_000_000_000 }.count == 1000)
    #expect(arrivals.filter { $0 < 1_000_000_000 }.count == 250)
    #expect(arrivals[2000] - arrivals[1999] == 1_000_000)
    #expect(zip(arrivals, arrivals.dropFirst()).allSatisfy { $0 < $1 })
  }

  @Test(arguments: [(1, UInt64(0)), (3, 0), (1, 400_000_000), (4, 1_000_000_000)])
  func `arrivals that are still to come can be told without making them`(threads: Int, ramp: UInt64) throws {
    for thread in 0..<threads {
      let plan = plan(.even(999), thread: thread, threads: threads, ramp: ramp)
      var arrivals = try #require(Arrivals(plan, start: 1000))
      for end in [UInt64(1000), 1001, 300_000_000, 700_000_000, 2_000_001_000] {
        var walked = arrivals
        var count: UInt64 = 0
        while walked.next < end {
          walked.advance()
          count += 1
        }
        let told = arrivals.count(before: end)
        #expect(told >= count && told <= count + 1, "\(told) for \(count) before \(end)")
        arrivals.advance()
      }
    }
  }

  @Test func `Poisson's gaps have the mean of the rate and the spread of chance`() throws {
    for threads in [1, 4] {
      let arrivals = try (0..<threads).flatMap {
        try first(40_000 / threads, plan(.poisson(1000), thread: $0, threads: threads, seed: 7))
      }.sorted()
      let gaps = zip(arrivals, arrivals.dropFirst()).map { Double($1 - $0) / 1e6 }.prefix(35_000)
      let mean = gaps.reduce(0, +) / Double(gaps.count)
      let variance = gaps.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(gaps.count)
      #expect((0.97...1.03).contains(mean), "\(threads) threads: mean gap \(mean) ms")
      #expect((0.9...1.1).contains(variance), "\(threads) threads: variance \(variance)")
    }
  }
}
