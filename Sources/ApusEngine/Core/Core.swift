// Core: what the handlers and tasks of one core may reach: its executor, its exchanges, its client and its
// relays. `CoreLocal` names it on the core's thread. The connections are the reactor's alone.
//
//   +Answering   a request becomes a task, a stream or a relay
//   +Client   made with the first request that the core makes

package import ApusRing
import Synchronization

/// One core, as what runs on it sees it. For the core's thread alone, but for `executor`, and
/// `drain` of its exchanges.
@safe package final class Core: @unchecked Sendable {
  /// Safety of the unchecked conformance: other threads reach `executor`, which may be shared, and
  /// compare this object's address.
  package let executor: CoreExecutor
  package let exchanges: ExchangePool
  /// Requests that are handed on to other servers.
  package let relays = RelayTable()

  /// Connections that the core may open; at most `ClientTable.connectionLimit`. Set before it starts.
  package var ownConnectionLimit = ClientTable.connectionLimit
  /// Asked where a host is before anybody else; nil but in tests. Set before the core starts.
  package var addressBook: AddressBook?
  /// Where handlers' blocking work goes: something of the library's, which the engine only keeps.
  /// Set before the core starts.
  package var offloading: (any AnyObject & Sendable)?

  /// The core's client, once it has made a request.
  var madeClient: CoreClient?
  /// The core has a client that its reactor does not know. An atomic, as every turn asks: its load is a plain
  /// one, where each look at a variable of a class is checked for overlapping access, at 80 instructions.
  let hasNewClient = Atomic<Bool>(false)

  /// - Parameter clock: The time that deadlines are counted from: the monotonic clock, or the simulator's.
  package init(clock: @escaping () -> Instant = { Instant.monotonic() }) {
    executor = CoreExecutor(clock: clock)
    exchanges = ExchangePool(executor)
    executor.belongs(to: identity)
  }

  /// There is something to do at once.
  package var hasWork: Bool { executor.hasWork || exchanges.hasChanged || relays.hasReady }

  /// Handlers whose going on is up to others: they neither sleep nor wait for an answer. Of a handler that
  /// does several things at once it may be one too few.
  package var handlersOfOthers: Int {
    max(0, exchanges.heldCount - executor.sleeperCount - (madeClient?.table.exchangeCount ?? 0))
  }

  // MARK: which thread

  /// The core that the calling thread is.
  package static var current: Core? {
    // Safety: a thread alone reads and writes what is kept for it.
    guard let pointer = unsafe CoreLocal.pointer else { return nil }
    // Safety: `adoptThread` was called on a core that its caller keeps.
    return unsafe Unmanaged<Core>.fromOpaque(pointer).takeUnretainedValue()
  }

  /// Has `body` use the core that the calling thread is, without counting a reference to it; nil elsewhere.
  @inline(__always)
  package static func withCurrent<Result>(_ body: (Core) -> Result) -> Result? {
    // Safety: as above.
    guard let pointer = unsafe CoreLocal.pointer else { return nil }
    // Safety: as above, and no handler makes its core leave its thread.
    return unsafe Unmanaged<Core>.fromOpaque(pointer)._withUnsafeGuaranteedRef { body($0) }
  }

  /// Compares equal to no other living core's.
  // Safety: an address that is compared, never followed.
  private var identity: UInt { unsafe UInt(bitPattern: Unmanaged.passUnretained(self).toOpaque()) }

  /// Makes the calling thread this core's. The caller keeps the core until `leaveThread`.
  package func adoptThread() {
    // Safety: followed on this thread alone, which the core outlives.
    unsafe CoreLocal.pointer = Unmanaged.passUnretained(self).toOpaque()
  }

  /// The calling thread is no core any more.
  package func leaveThread() {
    // Safety: from now on there is nothing to follow.
    unsafe CoreLocal.pointer = nil
    CoreMemory.leaveThread()
  }
}
