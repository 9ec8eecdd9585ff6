// FetchLog: what became of each request, and of each connection.

import Apus
import ApusRing
import Synchronization

final class FetchLog: Sendable {
  struct Row: Sendable {
    let number: Int
    /// Which of the urls.
    let url: Int
    var status: UInt16 = 0
    var bytes: UInt64 = 0
    var time = Duration.zero
    var connection: ClientConnectionInfo?
    var error: String?
  }

  struct Ended: Sendable {
    let connection: UInt64
    let ending: ConnectionEnding
    let uses: UInt32
    let age: Duration
  }

  private let state = Lock<(rows: [Row], ended: [Ended])>(([], []))

  private let next = Atomic<Int>(0)
  private let redirectCount = Atomic<Int>(0)

  /// Redirects that were followed.
  var redirects: Int { redirectCount.load(ordering: .relaxed) }

  /// The number of the next request, from 0.
  func takeNumber() -> Int { next.add(1, ordering: .relaxed).oldValue }

  func add(_ row: Row) { state.withLock { $0.rows.append(row) } }

  private let redirectedTo = Lock<String?>(nil)

  /// Where the last redirect that was followed has led to; nil without one.
  var lastURL: String? { redirectedTo.withLock { $0 } }

  func note(_ event: ClientEvent) {
    if case .redirected(let url) = event.kind {
      redirectCount.add(1, ordering: .relaxed)
      redirectedTo.withLock { $0 = url }
    }
    guard case .closed(let connection, let ending, let uses, let age) = event.kind else { return }
    state.withLock { $0.ended.append(Ended(connection: connection, ending: ending, uses: uses, age: age)) }
  }

  /// In the order of asking.
  var rows: [Row] { state.withLock { $0.rows.sorted { $0.number < $1.number } } }
  var ended: [Ended] { state.withLock { $0.ended.sorted { $0.connection < $1.connection } } }
}
