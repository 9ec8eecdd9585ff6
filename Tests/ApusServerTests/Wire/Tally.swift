// Tally: what a crowd of clients of one server sees, and when it has seen enough for the test to go on.

import ApusRing
import Synchronization

final class Tally: Sendable {
  private let goal: Int
  private let count = Atomic<Int>(0)
  private let seen = Lock<[String]>([])
  private let changed = WakeUp()

  /// The test goes on after so many answers.
  init(awaiting goal: Int) { self.goal = goal }

  var answers: Int { count.load(ordering: .relaxed) }
  var faults: [String] { seen.withLock { $0 } }

  func answer() { if count.add(1, ordering: .relaxed).newValue == goal { changed.ring() } }

  func fault(_ text: String) { seen.withLock { $0.append(text) } }

  /// One of the clients ends. Before the goal that is a failure, and what the test finds is told.
  func end() { changed.ring() }

  /// Waits for the answers, or for the first client that ends.
  func wait() { changed.wait() }
}
