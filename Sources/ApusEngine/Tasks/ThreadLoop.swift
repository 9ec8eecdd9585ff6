// ThreadLoop: runs a program's tasks on the thread that waits for them. The runtime's own threads are
// Dispatch's, which reads /proc to see whether they are busy, and ends the process if there is no /proc.

import ApusRing
import Synchronization

@safe package final class ThreadLoop: TaskExecutor {
  private let ready = Lock<[UnownedJob]>([])
  private let bell = WakeUp()
  private let hasEnded = Atomic(false)

  package init() {}

  /// May be called on any thread.
  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    ready.withLock { $0.append(job) }
    bell.ring()
  }

  /// The task runs once `wait` is called. To be called once.
  package func start(_ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
    Task.detached(executorPreference: self) {
      await body()
      self.hasEnded.store(true, ordering: .releasing)
      self.bell.ring()
    }
  }

  /// Runs the jobs of this executor on the calling thread until the started task has ended.
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
