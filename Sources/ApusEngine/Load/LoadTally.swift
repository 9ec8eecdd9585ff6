// LoadTally: the sums of a load generator's thread, and its first failure.

package import ApusWire

/// The failures of a request without a response; and `status`, an error response.
package enum LoadError: UInt8, CaseIterable, Sendable {
  /// No connection could be opened.
  case connect
  /// No progress for the timeout.
  case timeout
  /// The connection was reset.
  case reset
  /// The connection ended before or in the middle of a response.
  case truncated
  /// The server is not believed, or TLS failed otherwise.
  case tls
  /// The server sent something that is not HTTP, or was not requested.
  case malformed
  /// A response with a status of 400 or more.
  case status

  package var name: String {
    switch self {
    case .connect: "connect"
    case .timeout: "timeout"
    case .reset: "reset"
    case .truncated: "truncated"
    case .tls: "tls"
    case .malformed: "malformed"
    case .status: "status"
    }
  }
}

/// The first failure, for an explanation.
package struct LoadFailure: Sendable {
  package let error: LoadError
  package let errno: Int32
  package let wireError: WireError?
  /// The beginning of what the server sent.
  package let excerpt: [UInt8]
  /// Of TLS: why.
  package let explanation: String?
}

/// Sums of one thread. Those of the prelude are discarded, except where noted.
package struct LoadTally: Sendable {
  /// Whole responses.
  package var requests: UInt64 = 0
  /// Those that came after the end, to requests that an open loop had made, or owed, before it.
  package var late: UInt64 = 0
  /// Requests of an open loop that were due before the end and were never made: the rate was unreachable.
  package var unasked: UInt64 = 0
  /// Requests that were sent again because their connection had ended without a byte of their response: each
  /// time counts.
  package var askedAgain: UInt64 = 0
  /// Responses that were not their connection's first.
  package var reuses: UInt64 = 0
  package var bytesReceived: UInt64 = 0
  package var bytesSent: UInt64 = 0
  /// Content of the responses.
  package var contentBytes: UInt64 = 0
  /// Responses by the first digit of the status: all of `requests`.
  package var statuses = InlineArray<6, UInt64>(repeating: 0)
  private var errors = InlineArray<7, UInt64>(repeating: 0)
  /// Connections that were opened, from the very start.
  package var connectionsOpened: UInt64 = 0
  /// Including the prelude.
  package var firstFailure: LoadFailure?
  /// Responses in each tenth of a second of the measured span.
  package var timeline: [UInt32] = []

  package init() {}

  package subscript(error: LoadError) -> UInt64 {
    get { errors[Int(error.rawValue)] }
    set { errors[Int(error.rawValue)] = newValue }
  }

  package var errorCount: UInt64 { LoadError.allCases.reduce(0) { $0 + self[$1] } }

  /// Discards the sums of the prelude.
  mutating func begin() {
    var fresh = LoadTally()
    fresh.connectionsOpened = connectionsOpened
    fresh.firstFailure = firstFailure
    self = fresh
  }

  /// The sums since `earlier`, which these sums include; without the timeline. Only the very
  /// first failure is known.
  package func since(_ earlier: LoadTally) -> LoadTally {
    var later = LoadTally()
    later.requests = requests - earlier.requests
    later.late = late - earlier.late
    later.unasked = unasked - earlier.unasked
    later.askedAgain = askedAgain - earlier.askedAgain
    later.reuses = reuses - earlier.reuses
    later.bytesReceived = bytesReceived - earlier.bytesReceived
    later.bytesSent = bytesSent - earlier.bytesSent
    later.contentBytes = contentBytes - earlier.contentBytes
    later.connectionsOpened = connectionsOpened - earlier.connectionsOpened
    if earlier.firstFailure == nil { later.firstFailure = firstFailure }
    for digit in statuses.indices { later.statuses[digit] = statuses[digit] - earlier.statuses[digit] }
    for error in LoadError.allCases { later[error] = self[error] - earlier[error] }
    return later
  }

  package mutating func add(_ other: LoadTally) {
    requests += other.requests
    late += other.late
    unasked += other.unasked
    askedAgain += other.askedAgain
    reuses += other.reuses
    bytesReceived += other.bytesReceived
    bytesSent += other.bytesSent
    contentBytes += other.contentBytes
    for digit in statuses.indices { statuses[digit] += other.statuses[digit] }
    for error in LoadError.allCases { self[error] += other[error] }
    connectionsOpened += other.connectionsOpened
    firstFailure = firstFailure ?? other.firstFailure
    while timeline.count < other.timeline.count { timeline.append(0) }
    for index in other.timeline.indices { timeline[index] += other.timeline[index] }
  }
}
