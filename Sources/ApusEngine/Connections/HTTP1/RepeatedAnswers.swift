// RepeatedAnswers: whole responses, head and content, for paths that are requested again and again.
// `ConnectionTable` looks here before it asks the handlers, and sends the found response in place to any
// number of connections at once. Only a response that its handler called repeatable is kept, for as long as
// the handler said, and never into another second.

import ApusRing
import ApusWire

/// Responses by role and path, one entry for each hash value. An entry is filled once its path came twice in
/// a row, so paths that alternate do not pay for being kept. A look-up changes no reference counts.
struct RepeatedAnswers: ~Copyable {
  // `Entry` and `Copy` could be private, but then the unoptimised compiler (6.3.1) generates a wrong table.
  struct Entry {
    var hash: UInt64 = 0
    var role = ListenerRole()
    /// The kept response, if any.
    var copy = Index<Copy>.none
    var until = Instant(nanoseconds: 0)
    /// The second that the head's `Date` shows.
    var second: Int64 = 0
  }

  /// A path followed by its response. Not changed while a send holds it.
  struct Copy: ~Copyable {
    let memory = OwnedBlock(pathLimit + answerLimit)
    var pathBytes = 0
    var count = 0
    var contentBytes: UInt64 = 0
    /// Number of holders: the entry and each send in flight.
    var holders = 0
  }

  /// Must be a power of two.
  private static let entryCount = 256
  /// More than there are entries: an old response stays until its slowest reader has got it.
  private static let copyLimit = 512
  static let pathLimit = 256
  /// Limit in bytes; larger responses gain too little.
  static let answerLimit = 4864

  private var entries: [Entry]
  private var copies: IndexedPool<Copy>
  private let seed: UInt64
  /// Number of entries with a response.
  private var keptCount: Int

  init(seed: UInt64 = .random(in: 0...UInt64.max)) {
    entries = Array(repeating: Entry(), count: Self.entryCount)
    copies = IndexedPool(capacity: Self.copyLimit) { Copy() }
    self.seed = seed
    keptCount = 0
  }

  /// No response was ever called repeatable, so no look-up is needed.
  var isEmpty: Bool { keptCount == 0 }

  /// The response for `path` in a listener's `role` that is valid at this moment, if any. A sender must hold
  /// it.
  @inline(__always)
  func find(_ path: Span<UInt8>, role: ListenerRole, now: Instant, second: Int64) -> Index<Copy>? {
    let hash = path.hash(seed: seed)
    let entry = entries[Self.index(hash)]
    guard entry.hash == hash, entry.role == role, entry.copy != .none, entry.second == second,
      now < entry.until,
      path.equals(copies[entry.copy].memory.block.bytes(0..<copies[entry.copy].pathBytes))
    else { return nil }
    return entry.copy
  }

  /// Bytes of the whole response.
  func count(_ copy: Index<Copy>) -> Int { copies[copy].count }
  /// Bytes of its content alone.
  func contentBytes(_ copy: Index<Copy>) -> UInt64 { copies[copy].contentBytes }

  /// A region for a send; the copy must be held until the send completes.
  @inline(__always)
  func region(_ copy: Index<Copy>, from offset: Int, count: Int) -> ReadableRegion {
    copies[copy].memory.block.readable(from: copies[copy].pathBytes + offset, count: count)
  }

  @inline(__always)
  mutating func hold(_ copy: Index<Copy>) { copies[copy].holders += 1 }

  @inline(__always)
  mutating func release(_ copy: Index<Copy>) {
    precondition(copies[copy].holders > 0, "answer \(copy) was released twice")
    copies[copy].holders -= 1
    if copies[copy].holders == 0 { copies.free(copy) }
  }

  /// Keeps the response that `path` got in a listener's `role`; it may be repeated before `until`.
  @inline(never)
  mutating func note(
    _ path: Span<UInt8>, role: ListenerRole, _ answer: Span<UInt8>, contentBytes: Int, until: Instant,
    second: Int64
  ) {
    guard path.count <= Self.pathLimit, answer.count <= Self.answerLimit else { return }
    let hash = path.hash(seed: seed)
    let index = Self.index(hash)
    guard entries[index].hash == hash, entries[index].role == role else {
      forget(index)
      entries[index].hash = hash
      entries[index].role = role
      return
    }
    guard let copy = writableCopy(index) else { return }
    let block = copies[copy].memory.block
    var count = 0
    block.append(after: &count) { output in
      output.append(copying: path)
      output.append(copying: answer)
    }
    copies[copy].pathBytes = path.count
    copies[copy].count = answer.count
    copies[copy].contentBytes = UInt64(contentBytes)
    entries[index].until = until
    entries[index].second = second
  }

  /// The entry's copy if no send holds it, otherwise a new one in its place; nil if slow readers hold too
  /// many.
  private mutating func writableCopy(_ index: Int) -> Index<Copy>? {
    let present = entries[index].copy
    if present != .none, copies[present].holders == 1 { return present }
    forget(index)
    guard copies.claimedCount < Self.copyLimit else { return nil }
    let copy = copies.claim()
    copies[copy].holders = 1
    entries[index].copy = copy
    keptCount += 1
    return copy
  }

  private mutating func forget(_ index: Int) {
    let copy = entries[index].copy
    guard copy != .none else { return }
    entries[index].copy = .none
    keptCount -= 1
    release(copy)
  }

  @inline(__always)
  private static func index(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash) & (entryCount - 1) }

  /// Number of holds by sends in flight, for the audit.
  var heldCount: Int {
    var held = -keptCount
    for copy in copies.indices { held += copies[copy].holders }
    return held
  }
}
