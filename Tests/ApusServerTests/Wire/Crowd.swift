// Crowd: clients on threads of their own, as their sockets block.

import ApusRing

/// Runs `body` on so many threads and waits for all; the first error is thrown.
func inCrowd(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) throws {
  let crowd = Crowd(count, body)
  try crowd.join()
}

/// Clients that run while the test does something else.
final class Crowd {
  private final class Member {
    var thread: CoreThread?
  }
  private let failure = Failure()
  private var members: [Member] = []

  private final class Failure: Sendable {
    let first = Lock<(any Error)?>(nil)
  }

  init(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) {
    let failure = failure
    for index in 0..<count {
      let member = Member()
      member.thread = CoreThread(name: "client-\(index)", processor: nil) {
        do { try body(index) } catch { failure.first.withLock { $0 = $0 ?? error } }
      }
      members.append(member)
    }
  }

  func join() throws {
    for member in members { member.thread.take()?.join() }
    if let error = failure.first.withLock({ $0 }) { throw error }
  }
}
