// CoreExecutor: the core's loop, as the Swift runtime sees it. Tasks that handlers run as are queued here;
// the reactor runs what is ready once per turn. A job from the core itself costs an append; from elsewhere,
// a node in a list and, for the first since the core looked, one wake-up. It knows jobs and sleeps, and
// nothing of what they are for.
//
//   +Sleeping   `Task.sleep` on a wheel of the core

package import ApusRing
import Synchronization

/// One core's tasks. Everything but `enqueue` and `post` is for the core's thread alone.
@safe package final class CoreExecutor: TaskExecutor, @unchecked Sendable {
  /// Safety of the unchecked conformance: other threads reach `inbox`, `wakeUp`, `home` and
  /// this object's address only.
  let inbox = JobInbox()
  private var wakeUp: WakeUp?

  // What every turn asks stands in these two: a relaxed atomic is a plain load, where each look at a variable
  // of a class is checked for overlapping access, at 80 instructions.
  /// Jobs are ready.
  private let isBusy = Atomic<Bool>(false)
  /// When the next sleep ends, or others want to be woken, in nanoseconds; `.max` while nothing sleeps,
  /// `never` while nothing else does.
  private let nextWake = Atomic<UInt64>(.max)
  /// A sleep beyond all time. It ends by being cancelled, so that it is told from none.
  private static let never = UInt64.max - 1
  /// When others of the core want to be woken, in nanoseconds; `.max` for never.
  private var otherWake: UInt64 = .max

  /// By what `CoreLocal` names the core. Set once, before it starts; in a cell, as each job that
  /// becomes ready asks for it.
  private let home = Cell<UInt>(0)

  /// In a cell, as each request looks at all of them, several times.
  private let lists = Cell(Lists())

  private struct Lists {
    var ready = Queue<UnownedJob>()
    /// The next job is not to be queued, but handed to who made it ready; and that job.
    var isHandedOver = false
    var handedOver: UnownedJob?
  }

  var wheel: TimerWheel
  var sleepers = SleeperTable()
  /// The time that deadlines are counted from: the monotonic clock, or the simulator's.
  package var clock: () -> Instant

  package init(clock: @escaping () -> Instant = { Instant.monotonic() }) {
    self.clock = clock
    wheel = TimerWheel(now: Tick(at: clock()))
  }

  /// Whom to wake when another thread has something for this core. Once, before it starts.
  func wake(by wakeUp: WakeUp) { self.wakeUp = wakeUp }

  /// The identity of the core whose jobs these are.
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

  /// Runs here and now the job of the one task of this core that `resume` makes
  /// ready, whatever else is ready.
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

  /// The sleepers changed.
  func noteSleepers() {
    let sleep = wheel.nextDeadline().map { min($0.instant.nanoseconds, Self.never) } ?? .max
    nextWake.store(min(sleep, otherWake), ordering: .relaxed)
  }

  /// When something else of the core wants to be woken; nil for never.
  func noteDeadline(_ deadline: Instant?) {
    let nanoseconds = deadline?.nanoseconds ?? .max
    guard nanoseconds != otherWake else { return }
    otherWake = nanoseconds
    noteSleepers()
  }

  /// From another thread.
  func post(_ entry: JobInbox.Entry) {
    if inbox.push(entry) { wakeUp?.ring() }
  }

  /// There is something to do at once. Two loads.
  var hasWork: Bool { isBusy.load(ordering: .relaxed) || !inbox.isEmpty }

  /// No job waits to be run.
  var nothingIsReady: Bool { lists.value.ready.isEmpty }

  /// Sleeps under way, and those that were cancelled and are not due yet.
  package var sleeperCount: Int { sleepers.count }

  /// When the next sleep ends; nil if none ever does.
  package func nextDeadline() -> Instant? {
    let next = nextWake.load(ordering: .relaxed)
    return next >= Self.never ? nil : Instant(nanoseconds: next)
  }

  /// Runs ready jobs, the oldest first, but no more than `limit`: jobs that make each other ready would
  /// otherwise hold the connections up.
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

  /// Has `body` run on the core: here and now, or when the core looks into its inbox. Any thread.
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
