// Counters: what one core has done. Plain integers, written by the core alone; copied out when it ends.

/// Sums of one core.
package struct Counters: Sendable {
  package var accepted: UInt64 = 0
  package var acceptErrors: UInt64 = 0
  package var requests: UInt64 = 0
  /// Requests that were not their connection's first.
  package var reuses: UInt64 = 0
  package var bytesReceived: UInt64 = 0
  package var bytesSent: UInt64 = 0
  /// Receives that found the core's provided buffers used up.
  package var bufferShortages: UInt64 = 0
  package var turns: UInt64 = 0
  /// Errors that were answered with 5xx or came behind the beginning of an answer: of handlers, hooks,
  /// middleware, proxies and time-outs.
  package var errors: UInt64 = 0
  /// Lines that the access log's file did not take.
  package var lostLogLines: UInt64 = 0
  /// Requests whose client went away before it had the beginning of an answer.
  package var unanswered: UInt64 = 0
  /// Requests that were under way when their connection was ended here, before the beginning of an answer.
  package var givenUp: UInt64 = 0
  /// Handlers' tasks that had not ended when their core did.
  package var abandonedTasks: UInt64 = 0
  /// By the first digit of the status; of 1xx only a switch of protocols is an answer.
  package var answers = InlineArray<6, UInt64>(repeating: 0)
  private var closes = InlineArray<24, UInt64>(repeating: 0)
  private var relayFailures = InlineArray<9, UInt64>(repeating: 0)
  package var latency = LatencyHistogram()
  package var secure = SecureCounters()

  package init() {}

  package var closed: UInt64 { CloseReason.allCases.reduce(0) { $0 + self[$1] } }

  package subscript(reason: CloseReason) -> UInt64 {
    get { closes[Int(reason.rawValue)] }
    set { closes[Int(reason.rawValue)] = newValue }
  }

  package subscript(failure: RelayFailure) -> UInt64 {
    get { relayFailures[Int(failure.rawValue)] }
    set { relayFailures[Int(failure.rawValue)] = newValue }
  }

  /// Adds another core's sums.
  package mutating func add(_ other: Counters) {
    accepted += other.accepted
    acceptErrors += other.acceptErrors
    requests += other.requests
    reuses += other.reuses
    bytesReceived += other.bytesReceived
    bytesSent += other.bytesSent
    bufferShortages += other.bufferShortages
    turns += other.turns
    errors += other.errors
    lostLogLines += other.lostLogLines
    unanswered += other.unanswered
    givenUp += other.givenUp
    abandonedTasks += other.abandonedTasks
    for digit in answers.indices { answers[digit] += other.answers[digit] }
    for reason in closes.indices { closes[reason] += other.closes[reason] }
    for failure in relayFailures.indices { relayFailures[failure] += other.relayFailures[failure] }
    latency.add(other.latency)
    secure.add(other.secure)
  }
}
