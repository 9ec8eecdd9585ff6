// ThreadLoop: the tasks of a program that waits for them, on the thread that waits. The runtime's own threads
// are Dispatch's, which reads /proc to see whether they are busy, and ends the process where there is none.

import ApusRing
import Synchronization

@safe package final class ThreadLoop: TaskExecutor {
  private let ready = Lock<[UnownedJob]>([])
  private let bell = WakeUp()
  private let hasEnded = Atomic(false)

  package init() {}

  /// Any thread.
  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    ready.withLock { $0.append(job) }
    bell.ring()
  }

  /// The task runs once somebody waits. Once.
  package func start(_ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
    Task.detached(executorPreference: self) {
      await body()
      self.hasEnded.store(true, ordering: .releasing)
      self.bell.ring()
    }
  }

  /// Runs what prefers this executor on the calling thread, until the task that was started has ended.
  package func wait() {
    while true {
      let jobs = ready.withLock { jobs in
        defer { jobs = [] }
        return jobs
      }
      for job in jobs {
        // Safety: each job is run once, by the one thread that waits.
        unsafe job.runSynchronously(on: asUnownedTaskExecutor())
      }
      if jobs.isEmpty {
        if hasEnded.load(ordering: .acquiring) { return }
        bell.wait()
      }
    }
  }
}
