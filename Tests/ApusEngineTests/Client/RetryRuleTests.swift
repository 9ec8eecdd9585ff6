import ApusEngine
import ApusWire
import Testing

/// K14: a retry must never double a request that is not idempotent.
@Suite struct RetryRuleTests {
  private func reason(
    reused: Bool = true, received: UInt64 = 0, sent: UInt64 = 100, method: ApusWire.Method = .get,
    replayable: Bool = true,
    enabled: Bool = true
  ) -> RetryReason? {
    RetryRule.reason(
      toRetry: FailedExchange(
        wasReused: reused, receivedBytes: received, sentBytes: sent, method: method, isReplayable: replayable),
      isEnabled: enabled)
  }

  @Test func `only idempotent requests are made again once a byte has left`() {
    let repeated = ApusWire.Method.allCases.filter { reason(method: $0) != nil }
    #expect(repeated == [.get, .head, .put, .delete, .options, .trace])
    for sent in [1, 50, 1_000_000] as [UInt64] { #expect(reason(sent: sent, method: .post) == nil) }
    #expect(reason() == .idempotent)
  }

  @Test(arguments: ApusWire.Method.allCases)
  func `any request is made again if no byte of it left`(method: ApusWire.Method) {
    #expect(reason(sent: 0, method: method) == .nothingSent)
  }

  @Test(arguments: ApusWire.Method.allCases, [0, 1] as [UInt64])
  func `nothing is made again otherwise`(method: ApusWire.Method, sent: UInt64) {
    #expect(reason(reused: false, sent: sent, method: method) == nil, "a new connection is not stale")
    #expect(reason(received: 1, sent: sent, method: method) == nil, "the server has begun to answer")
    #expect(reason(sent: sent, method: method, replayable: false) == nil, "the body is gone")
    #expect(reason(sent: sent, method: method, enabled: false) == nil, "switched off")
  }
}
