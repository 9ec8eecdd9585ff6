// Elsewhere: threads of a test's own that run tasks: no core's, and not those that all other tests keep busy, before whose jobs
// one would wait for as long as the suite takes.

import Apus

package final class Elsewhere: TaskExecutor {
  private let pool = OffloadPool(threads: 2)

  package init() {}

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    pool.add { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
