// JobInbox: what other threads hand to a core: jobs, sleeps, and what is to be done there (a cancellation, a
// name's addresses). Any number of them push, the core takes all at once, and neither waits for the other.

import Synchronization

/// A list without a lock: pushing is one exchange of its head, taking another.
@safe final class JobInbox: @unchecked Sendable {
  /// What another thread may ask of a core's executor.
  enum Entry {
    case run(UnownedJob)
    case sleep(UnownedJob, Duration)
    /// Called on the core's thread.
    case perform(() -> Void)
  }

  /// Safety: reached through `head` and from the thread that pushes it only.
  @safe private struct Node {
    let entry: Entry
    var next: UnsafeMutablePointer<Node>?
  }

  /// Safety: a node belongs to the thread that made it until its push, then to the one that takes the list.
  private let head = unsafe Atomic<UnsafeMutablePointer<Node>?>(nil)

  deinit {
    // What nobody will run any more: the jobs' memory is the runtime's.
    _ = take()
  }

  /// Nothing was pushed since the last `take`. One load.
  var isEmpty: Bool { unsafe head.load(ordering: .relaxed) == nil }

  /// Adds an entry; true if it is the first since the last `take`: then the core has to be woken.
  func push(_ entry: Entry) -> Bool {
    let node = UnsafeMutablePointer<Node>.allocate(capacity: 1)
    unsafe node.initialize(to: Node(entry: entry, next: nil))
    var seen = unsafe head.load(ordering: .relaxed)
    while true {
      unsafe node.pointee.next = seen
      let outcome = unsafe head.weakCompareExchange(expected: seen, desired: node, ordering: .releasing)
      if unsafe outcome.exchanged { return unsafe seen == nil }
      unsafe seen = outcome.original
    }
  }

  /// Everything that was pushed, in its order.
  func take() -> [Entry] {
    var entries: [Entry] = []
    var next = unsafe head.exchange(nil, ordering: .acquiring)
    while let node = unsafe next {
      entries.append(unsafe node.pointee.entry)
      unsafe next = node.pointee.next
      unsafe node.deinitialize(count: 1)
      unsafe node.deallocate()
    }
    entries.reverse()
    return entries
  }
}
