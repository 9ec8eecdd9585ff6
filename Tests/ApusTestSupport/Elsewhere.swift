// Elsewhere: threads of a test's own that run tasks: no core's, and not those that all other tests keep busy,
// before whose jobs one would wait for as long as the suite takes.

import Apus
package import Testing

package final class Elsewhere: TaskExecutor {
  private let pool = OffloadPool(threads: 2)

  package init() {}

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    pool.add { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}

/// Runs each test of a suite elsewhere: for tests whose connections would go idle
/// while they wait for a thread.
package struct RunElsewhere: SuiteTrait, TestTrait, TestScoping {
  package var isRecursive: Bool { true }

  package func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    try await withTaskExecutorPreference(Elsewhere()) { try await function() }
  }
}

extension Trait where Self == RunElsewhere {
  package static var elsewhere: RunElsewhere { RunElsewhere() }
}
