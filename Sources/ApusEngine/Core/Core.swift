// Core: what handlers and tasks of one core may use: its executor, its exchanges, its client and its relays.
// On the core's thread, `CoreLocal` names it. Only the reactor uses the connections.
//
//   +Answering   a request becomes a task, a stream or a relay
//   +Client   made with the first request that the core makes

package import ApusRing
import Synchronization

/// One core, as seen by its handlers and tasks. For the core's thread alone, except `executor`, and `drain`
/// of its exchanges.
@safe package final class Core: @unchecked Sendable {
  /// Safety of the unchecked conformance: other threads reach `executor`, which may be shared, and
  /// compare this object's address.
  package let executor: CoreExecutor
  package let exchanges: ExchangePool
  /// Requests that are forwarded to other servers.
  package let relays = RelayTable()

  /// Connections that the core may open; at most `ClientTable.connectionLimit`. Set before it starts.
  package var ownConnectionLimit = ClientTable.connectionLimit
  /// Asked first for the addresses of a host; nil except in tests. Set before the core starts.
  package var addressBook: AddressBook?
  /// The library's object that runs handlers' blocking work; the engine only keeps it. Set before
  /// the core starts.
  package var offloading: (any AnyObject & Sendable)?

  /// The core's client, once the core has made a request.
  var madeClient: CoreClient?
  /// The core has a client that its reactor does not know. An atomic, since every turn reads it: it costs a
  /// plain load, while each access to a class variable is checked for exclusivity, at 80 instructions.
  let hasNewClient = Atomic<Bool>(false)

  /// - Parameter clock: The clock that deadlines use: the monotonic clock, or the simulator's.
  package init(clock: @escaping () -> Instant = { Instant.monotonic() }) {
    executor = CoreExecutor(clock: clock)
    exchanges = ExchangePool(executor)
    executor.belongs(to: identity)
  }

  /// The core has work that is ready.
  package var hasWork: Bool { executor.hasWork || exchanges.hasChanged || relays.hasReady }

  /// Handlers that wait for something outside the core: they neither sleep nor wait for a response. The
  /// number may be too low if a handler does several things at once.
  package var handlersOfOthers: Int {
    max(0, exchanges.heldCount - executor.sleeperCount - (madeClient?.table.exchangeCount ?? 0))
  }

  // MARK: the thread's core

  /// The calling thread's core.
  package static var current: Core? {
    // Safety: only the thread itself uses its pointer.
    guard let pointer = unsafe CoreLocal.pointer else { return nil }
    // Safety: `adoptThread` was called on a core that its caller keeps.
    return unsafe Unmanaged<Core>.fromOpaque(pointer).takeUnretainedValue()
  }

  /// Calls `body` with the calling thread's core, without counting a reference to it; nil on other threads.
  @inline(__always)
  package static func withCurrent<Result>(_ body: (Core) -> Result) -> Result? {
    // Safety: only the thread itself uses its pointer.
    guard let pointer = unsafe CoreLocal.pointer else { return nil }
    // Safety: as in `current`, and no handler makes its core leave its thread.
    return unsafe Unmanaged<Core>.fromOpaque(pointer)._withUnsafeGuaranteedRef { body($0) }
  }

  /// Differs from every other living core's.
  // Safety: the address is compared, never followed.
  private var identity: UInt { unsafe UInt(bitPattern: Unmanaged.passUnretained(self).toOpaque()) }

  /// Makes the calling thread this core's. The caller keeps the core alive until `leaveThread`.
  package func adoptThread() {
    // Safety: the pointer is followed on this thread alone, which the core outlives.
    unsafe CoreLocal.pointer = Unmanaged.passUnretained(self).toOpaque()
  }

  /// Makes the calling thread a plain one again.
  package func leaveThread() {
    // Safety: from now on there is no pointer to follow.
    unsafe CoreLocal.pointer = nil
    CoreMemory.leaveThread()
  }
}
