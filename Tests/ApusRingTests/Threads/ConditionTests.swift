import ApusRing
import Testing

@Suite struct ConditionTests {
  @Test(arguments: [
    Duration.zero, .nanoseconds(-1), .nanoseconds(-999_999_999), .seconds(-1), .seconds(-1_000_000_000),
  ])
  func `a limit that is over before it begins is over, and the last look counts`(limit: Duration) {
    let condition = Condition(0)
    let outcome = condition.awaitOutcome(
      atMost: limit,
      { looks -> String? in
        looks += 1
        // Rather than for ever.
        return looks == 1000 ? "spun" : nil
      }, otherwise: { _ in "over" })
    #expect(outcome == "over")
  }
}
