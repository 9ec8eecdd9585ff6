// CoreExecutor: the core's loop, as the Swift runtime sees it. Handlers' tasks are queued here; the reactor
// runs the ready ones once per turn. A job from the core itself costs an append; one from another thread
// costs a node in a list and, if it is the first since the core last looked, a wake-up. The executor knows
// jobs and sleeps, but not their purpose.
//
//   +Sleeping   `Task.sleep` on a wheel of the core

package import ApusRing
import Synchronization

/// One core's tasks. Everything except `enqueue` and `post` is for the core's thread alone.
@safe package final class CoreExecutor: TaskExecutor, @unchecked Sendable {
  /// Safety of the unchecked conformance: other threads reach `inbox`, `wakeUp`, `home` and
  /// this object's address only.
  let inbox = JobInbox()
  private var wakeUp: WakeUp?

  // Every turn reads the next two. A relaxed atomic costs a plain load, while each access to a class variable
  // is checked for exclusivity, at 80 instructions.
  /// Jobs are ready.
  private let isBusy = Atomic<Bool>(false)
  /// When the next sleep or other deadline ends, in nanoseconds; `.max` if there is none, `never` if there
  /// are only endless sleeps.
  private let nextWake = Atomic<UInt64>(.max)
  /// The deadline of an endless sleep, which only a cancel ends; so it must differ from `.max`.
  private static let never = UInt64.max - 1
  /// The earliest deadline of other parts of the core, in nanoseconds; `.max` for none.
  private var otherWake: UInt64 = .max

  /// The core's identity in `CoreLocal`. Set once, before the core starts; in a cell, since each job that
  /// becomes ready reads it.
  private let home = Cell<UInt>(0)

  /// In a cell, since each request reads all of them several times.
  private let lists = Cell(Lists())

  private struct Lists {
    var ready = Queue<UnownedJob>()
    /// The next job is not queued but kept in `handedOver`, for the caller of `runAtOnce`.
    var isHandedOver = false
    var handedOver: UnownedJob?
  }

  var wheel: TimerWheel
  var sleepers = SleeperTable()
  /// The clock that deadlines use: the monotonic clock, or the simulator's.
  package var clock: () -> Instant

  package init(clock: @escaping () -> Instant = { Instant.monotonic() }) {
    self.clock = clock
    wheel = TimerWheel(now: Tick(at: clock()))
  }

  /// Sets the wake-up that other threads use. To be called once, before the core starts.
  func wake(by wakeUp: WakeUp) { self.wakeUp = wakeUp }

  /// The identity of the executor's core.
  var core: UInt { home.value }

  func belongs(to core: UInt) { home.value = core }

  /// The calling thread is the core's.
  @inline(__always)
  var isCurrent: Bool { CoreLocal.identity == home.value }

  // MARK: jobs

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    if !isCurrent {
      post(.run(job))
    } else if lists.value.isHandedOver {
      lists.value.isHandedOver = false
      lists.value.handedOver = job
    } else {
      makeReady(job)
    }
  }

  /// Lets `resume` make one task of this core ready, and runs its job at once, before all jobs that are
  /// ready.
  func runAtOnce(_ resume: () -> Void) {
    lists.value.isHandedOver = true
    resume()
    guard let job = lists.value.handedOver.take() else { preconditionFailure("a task that was not parked") }
    // Safety: the runtime handed the job over in `enqueue`; it is run once.
    unsafe job.runSynchronously(on: asUnownedTaskExecutor())
  }

  private func makeReady(_ job: UnownedJob) {
    if nextWake.load(ordering: .relaxed) != .max { endSleep(of: job) }
    lists.value.ready.append(job)
    isBusy.store(true, ordering: .relaxed)
  }

  /// To be called after each change of the sleepers.
  func noteSleepers() {
    let sleep = wheel.nextDeadline().map { min($0.instant.nanoseconds, Self.never) } ?? .max
    nextWake.store(min(sleep, otherWake), ordering: .relaxed)
  }

  /// Sets the earliest deadline of other parts of the core; nil for none.
  func noteDeadline(_ deadline: Instant?) {
    let nanoseconds = deadline?.nanoseconds ?? .max
    guard nanoseconds != otherWake else { return }
    otherWake = nanoseconds
    noteSleepers()
  }

  /// Adds an entry from another thread.
  func post(_ entry: JobInbox.Entry) {
    if inbox.push(entry) { wakeUp?.ring() }
  }

  /// The core has jobs that are ready, or inbox entries. Two loads.
  var hasWork: Bool { isBusy.load(ordering: .relaxed) || !inbox.isEmpty }

  /// No job is ready.
  var nothingIsReady: Bool { lists.value.ready.isEmpty }

  /// Sleeps in progress, and cancelled sleeps whose timer is not due yet.
  package var sleeperCount: Int { sleepers.count }

  /// When the core must wake for a sleep or other deadline; nil for never.
  package func nextDeadline() -> Instant? {
    let next = nextWake.load(ordering: .relaxed)
    return next >= Self.never ? nil : Instant(nanoseconds: next)
  }

  /// Runs ready jobs, oldest first, but at most `limit`: jobs that make each other ready would otherwise
  /// block the connections.
  package func run(atMost limit: Int) {
    if !inbox.isEmpty { takeInbox() }
    var left = limit
    while left > 0, let job = lists.value.ready.popFirst() {
      left -= 1
      // Safety: the runtime handed the job over in `enqueue`; it is run once.
      unsafe job.runSynchronously(on: asUnownedTaskExecutor())
    }
    isBusy.store(!lists.value.ready.isEmpty, ordering: .relaxed)
  }

  /// Runs `body` on the core: at once, or when the core reads its inbox. Any thread.
  func perform(_ body: @escaping () -> Void) {
    if isCurrent { body() } else { post(.perform(body)) }
  }

  func preconditionCurrent(_ sentence: StaticString) {
    precondition(isCurrent, "\(sentence), and not from a task of its own")
  }

  private func takeInbox() {
    for entry in inbox.take() {
      switch entry {
      case .run(let job): makeReady(job)
      case .sleep(let job, let delay): sleep(.job(job), for: delay)
      case .perform(let body): body()
      }
    }
  }
}
