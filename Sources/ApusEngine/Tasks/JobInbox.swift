// JobInbox: jobs, sleeps and closures (a cancellation, a name's addresses) that other threads pass to a core.
// Many threads may push while the core takes all entries, and neither side waits for the other.

import Synchronization

/// A lock-free list: a push is a compare-exchange of its head, a take is an exchange.
@safe final class JobInbox: @unchecked Sendable {
  /// An entry for the core's executor.
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
    // These jobs never run; the runtime owns their memory.
    _ = take()
  }

  /// No entry was pushed since the last `take`. One load.
  var isEmpty: Bool { unsafe head.load(ordering: .relaxed) == nil }

  /// Adds an entry; true if it is the first since the last `take`, so that the core has to be woken.
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

  /// All entries, in the order of their pushes.
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
