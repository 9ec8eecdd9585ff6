// CoreExecutor: the core's loop, as the Swift runtime sees it. Tasks that handlers run as are queued here; the reactor runs
// what is ready once per turn. A job from the core itself costs an append; from elsewhere, a node in a list and, for
// the first since the core looked, one wake-up. It never touches a connection: they meet in `Exchange`.
//
//   +Sleeping   `Task.sleep` on a wheel of the core       +Exchanges   pooled exchanges, and which of them changed

package import ApusRing
import Synchronization

/// One core's tasks. Everything but `enqueue` and the waking of an exchange is for the core's thread alone.
@safe package final class CoreExecutor: TaskExecutor, @unchecked Sendable {
  /// Safety of the unchecked conformance: other threads reach `inbox`, `wakeUp` and this object's address only.
  let inbox = JobInbox()
  private var wakeUp: WakeUp?

  // What every turn asks stands in these two: a relaxed atomic is a plain load, where each look at a variable of a class is
  // checked for overlapping access, at 80 instructions.
  /// Jobs are ready or exchanges have changed.
  private let isBusy = Atomic<Bool>(false)
  /// When the next sleep ends, in nanoseconds; `.max` while nothing sleeps, `never` while nothing else does.
  private let nextWake = Atomic<UInt64>(.max)
  /// A sleep beyond all time. It ends by being cancelled, so that it is told from none.
  private static let never = UInt64.max - 1
  /// The core has a client that its reactor does not know.
  private let hasNewClient = Atomic<Bool>(false)

  /// Connections that the core may open; at most `ClientTable.connectionLimit`. Set before it starts.
  package var ownConnectionLimit = ClientTable.connectionLimit
  /// Asked where a host is before anybody else; nil but in tests. Set before the core starts.
  package var addressBook: AddressBook?
  /// The core's client, once it has made a request.
  var clientCore: ClientCore?
  private var clientDeadline: UInt64 = .max
  /// Part of the core's counters, see there; here, where handlers count, too.
  package var errorCount: UInt64 = 0
  /// Where handlers' blocking work goes: something of the library's, which the engine only keeps. Set before the core starts.
  package var offloading: (any AnyObject & Sendable)?
  /// Tells handlers that the core is to end.
  package let drain = DrainSignal()
  /// Requests that are handed on to other servers.
  package let relays = RelayTable()

  /// In a cell, as each request looks at all of them, several times.
  private let lists = Cell(Lists())

  private struct Lists {
    var ready = Queue<UnownedJob>()
    var changed = Queue<Exchange>()
    var spare: [Exchange] = []
    var heldExchanges = 0
    var keepsTasks = false
    /// The next job is not to be queued, but handed to who made it ready; and that job.
    var isHandedOver = false
    var handedOver: UnownedJob?
  }

  var wheel: TimerWheel
  var sleepers = SleeperTable()
  /// The time that deadlines are counted from: the monotonic clock, or the simulator's.
  package var clock: () -> Instant

  var changed: Queue<Exchange> {
    _read { yield lists.value.changed }
    _modify { yield &lists.value.changed }
  }

  /// For later requests.
  var spare: [Exchange] {
    _read { yield lists.value.spare }
    _modify { yield &lists.value.spare }
  }

  /// Exchanges whose handler has not ended, or whose answer was not taken yet.
  package internal(set) var heldExchanges: Int {
    get { lists.value.heldExchanges }
    set { lists.value.heldExchanges = newValue }
  }

  /// Tasks wait for the next request when their handler has ended.
  var keepsTasks: Bool {
    get { lists.value.keepsTasks }
    set { lists.value.keepsTasks = newValue }
  }

  package init(clock: @escaping () -> Instant = { Instant.monotonic() }) {
    self.clock = clock
    wheel = TimerWheel(now: Tick(at: clock()))
  }

  /// Whom to wake when another thread has something for this core. Once, before it starts.
  func wake(by wakeUp: WakeUp) { self.wakeUp = wakeUp }

  // MARK: which thread

  /// The executor of the core that the calling thread is.
  package static var current: CoreExecutor? {
    guard let pointer = unsafe CoreLocal.pointer else { return nil }
    // Safety: `adoptThread` was called with an executor that its caller keeps.
    return unsafe Unmanaged<CoreExecutor>.fromOpaque(pointer).takeUnretainedValue()
  }

  /// Has `body` use the executor of the core that the calling thread is, without counting a reference to it; nil elsewhere.
  @inline(__always)
  package static func withCurrent<Result>(_ body: (CoreExecutor) -> Result) -> Result? {
    guard let pointer = unsafe CoreLocal.pointer else { return nil }
    // Safety: as above, and no handler makes its core leave its thread.
    return unsafe Unmanaged<CoreExecutor>.fromOpaque(pointer)._withUnsafeGuaranteedRef { body($0) }
  }

  /// Compares equal to no other living executor's.
  var identity: UInt { unsafe UInt(bitPattern: Unmanaged.passUnretained(self).toOpaque()) }

  /// The calling thread is the core of the executor with this identity.
  static func isCurrent(_ identity: UInt) -> Bool { unsafe UInt(bitPattern: CoreLocal.pointer) == identity }

  var isCurrent: Bool { unsafe CoreLocal.pointer == Unmanaged.passUnretained(self).toOpaque() }

  /// Makes the calling thread this executor's. The caller keeps the executor until `leaveThread`.
  package func adoptThread() { unsafe CoreLocal.pointer = Unmanaged.passUnretained(self).toOpaque() }

  /// The calling thread is no core any more.
  package func leaveThread() {
    unsafe CoreLocal.pointer = nil
    CoreMemory.leaveThread()
  }

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

  /// The job of the one task of this core that `resume` makes ready.
  func enqueued(by resume: () -> Void) -> UnownedJob {
    lists.value.isHandedOver = true
    resume()
    guard let job = lists.value.handedOver.take() else { preconditionFailure("a task that was not parked") }
    return job
  }

  private func makeReady(_ job: UnownedJob) {
    if nextWake.load(ordering: .relaxed) != .max { endSleep(of: job) }
    lists.value.ready.append(job)
    noteWork()
  }

  /// The reactor has something to work off.
  func noteWork() { isBusy.store(true, ordering: .relaxed) }

  /// The sleepers changed.
  func noteSleepers() {
    let sleep = wheel.nextDeadline().map { min($0.instant.nanoseconds, Self.never) } ?? .max
    nextWake.store(min(sleep, clientDeadline), ordering: .relaxed)
  }

  /// When the core's own connections want to be looked at.
  func noteClientDeadline(_ deadline: Instant?) {
    let nanoseconds = deadline?.nanoseconds ?? .max
    guard nanoseconds != clientDeadline else { return }
    clientDeadline = nanoseconds
    noteSleepers()
  }

  func noteClient() { hasNewClient.store(true, ordering: .relaxed) }

  /// The core's client, told once.
  func takeNewClient() -> ClientCore? {
    hasNewClient.store(false, ordering: .relaxed)
    return clientCore
  }

  /// One load.
  var hasClientToTell: Bool { hasNewClient.load(ordering: .relaxed) }

  /// From another thread.
  func post(_ entry: JobInbox.Entry) {
    if inbox.push(entry) { wakeUp?.ring() }
  }

  /// There is something to do at once.
  package var hasWork: Bool { isBusy.load(ordering: .relaxed) || relays.hasReady || !inbox.isEmpty }

  /// No job waits to be run.
  var nothingIsReady: Bool { lists.value.ready.isEmpty }

  /// Looks again whether there is.
  func lookForWork() {
    isBusy.store(!lists.value.ready.isEmpty || !lists.value.changed.isEmpty, ordering: .relaxed)
  }

  /// Sleeps under way, and those that were cancelled and are not due yet.
  package var sleeperCount: Int { sleepers.count }

  /// Handlers whose going on is up to others: they neither sleep nor wait for an answer. Of a handler that does several things
  /// at once it may be one too few.
  package var handlersOfOthers: Int {
    max(0, heldExchanges - sleeperCount - (clientCore?.table.exchangeCount ?? 0))
  }

  /// When the next sleep ends; nil if none ever does.
  package func nextDeadline() -> Instant? {
    let next = nextWake.load(ordering: .relaxed)
    return next >= Self.never ? nil : Instant(nanoseconds: next)
  }

  /// Runs ready jobs, the oldest first, but no more than `limit`: jobs that make each other ready would otherwise hold the
  /// connections up.
  package func run(atMost limit: Int) {
    if !inbox.isEmpty { takeInbox() }
    var left = limit
    while left > 0, let job = lists.value.ready.popFirst() {
      left -= 1
      // Safety: the runtime handed the job over in `enqueue`; it is run once.
      unsafe job.runSynchronously(on: asUnownedTaskExecutor())
    }
    lookForWork()
  }

  private func takeInbox() {
    for entry in inbox.take() {
      switch entry {
      case .run(let job): makeReady(job)
      case .sleep(let job, let delay): sleep(.job(job), for: delay)
      case .wake(let exchange): exchange.didCancel()
      case .cancel(let client, let index, let serial):
        client.table.cancel(index, serial: serial)
        client.noteWork()
      case .resolved(let client, let index, let serial, let result):
        client.table.didResolve(index, serial: serial, result)
        client.noteWork()
      }
    }
  }
}
