// RepeatedAnswers: whole answers, head and content, of paths that are asked for again and again.
// `ConnectionTable` looks here before it asks the handlers, and sends what it finds from where it lies, to
// any number of connections at once. Only an answer that its handler has called repeatable is kept, for as
// long as the handler said, and never into another second.

import ApusRing
import ApusWire

/// Answers by role and path: one place for each value of the hash, kept once a path came there twice in a
/// row, so that paths which take turns do not pay for being kept. A look-up counts no references.
struct RepeatedAnswers: ~Copyable {
  // Both could be private, but the compiler (6.3.1, without optimisation) then makes a table
  // that holds them wrongly.
  struct Entry {
    var hash: UInt64 = 0
    var role = ListenerRole()
    /// If there is one.
    var copy = Index<Copy>.none
    var until = Instant(nanoseconds: 0)
    /// Which `Date` the head shows.
    var second: Int64 = 0
  }

  /// A path and its answer, behind each other. Not changed while anybody holds it.
  struct Copy: ~Copyable {
    let memory = OwnedBlock(pathLimit + answerLimit)
    var pathBytes = 0
    var count = 0
    var contentBytes: UInt64 = 0
    /// The entry, and sends under way.
    var holders = 0
  }

  /// A power of two.
  private static let entryCount = 256
  /// More than there are entries: an old answer stays until its last reader has it, however slow that is.
  private static let copyLimit = 512
  static let pathLimit = 256
  /// Bytes; larger answers are not worth it.
  static let answerLimit = 4864

  private var entries: [Entry]
  private var copies: IndexedPool<Copy>
  private let seed: UInt64
  /// Entries with an answer.
  private var keptCount: Int

  init(seed: UInt64 = .random(in: 0...UInt64.max)) {
    entries = Array(repeating: Entry(), count: Self.entryCount)
    copies = IndexedPool(capacity: Self.copyLimit) { Copy() }
    self.seed = seed
    keptCount = 0
  }

  /// Nothing was ever called repeatable: there is no need to look.
  var isEmpty: Bool { keptCount == 0 }

  /// The answer for `path` in a listener's `role`, if there is one for this moment. Whoever sends it holds
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

  /// Bytes of the whole answer.
  func count(_ copy: Index<Copy>) -> Int { copies[copy].count }
  /// Of its content alone.
  func contentBytes(_ copy: Index<Copy>) -> UInt64 { copies[copy].contentBytes }

  /// For the kernel's reading, while it is held.
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

  /// `path` was answered with these bytes in a listener's `role`, and may be again until then.
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

  /// The entry's copy if nobody is being sent it, else another in its place; nil if
  /// slow readers hold too many.
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

  /// Holds of sends under way, for the audit.
  var heldCount: Int {
    var held = -keptCount
    for copy in copies.indices { held += copies[copy].holders }
    return held
  }
}
