// Counters: what one core has done. They are plain integers that only the core writes; copied when it ends.

/// Sums of one core.
package struct Counters: Sendable {
  package var accepted: UInt64 = 0
  package var acceptErrors: UInt64 = 0
  package var requests: UInt64 = 0
  /// Requests that were not their connection's first.
  package var reuses: UInt64 = 0
  package var bytesReceived: UInt64 = 0
  package var bytesSent: UInt64 = 0
  /// Receives that found the core's provided buffers exhausted.
  package var bufferShortages: UInt64 = 0
  package var turns: UInt64 = 0
  /// Errors that caused a 5xx response or came after the response had begun: of handlers, hooks, middleware,
  /// proxies and timeouts.
  package var errors: UInt64 = 0
  /// Lines that could not be written to the access log's file.
  package var lostLogLines: UInt64 = 0
  /// Requests whose client left before it had the beginning of a response.
  package var unanswered: UInt64 = 0
  /// Requests in progress whose connection was ended by this side before the beginning of a response.
  package var givenUp: UInt64 = 0
  /// Tasks of handlers that had not ended when their core did.
  package var abandonedTasks: UInt64 = 0
  /// Responses by the first digit of the status; of 1xx only a switch of protocols counts.
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
