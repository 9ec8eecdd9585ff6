// FileCache: what one core knows of the files it serves, found by path. Bounded in files, in bytes and in
// descriptors; the clock hand evicts what no answer has used since it last came by. It asks the file system
// nothing: FileHandler does.

package import ApusRing
import ApusWire

/// Files by their path below the root. A hit makes no system call and allocates nothing.
package struct FileCache: ~Copyable {
  /// Bounds of one core's cache.
  package struct Limits {
    /// Files, each with some 600 bytes of fields and names.
    package var files = 4096
    /// Bytes of contents.
    package var contentBytes = 64 << 20
    /// Files held open: those too large to be kept in memory.
    package var descriptors = 256

    package init() {}
  }

  /// A file and its place in the cache. Everything that changes is here, so that a `CachedFile` never does.
  private struct Entry {
    var file: CachedFile?
    /// The response to a request without conditions, if the file is in memory; it may be repeated while the
    /// path counts as fresh.
    var answer: Response?
    var path: [UInt8]
    var hash: UInt64
    /// When the path was last known to lead to this file.
    var checkedAt: Instant
    /// The next in the chain, or -1.
    var next: Int32
    /// Used since the clock hand last came by.
    var wasUsed = false
  }

  /// So long a look at a path is believed.
  package static let trustNanoseconds: UInt64 = 1_000_000_000
  /// A file that is held open and was not looked at for so long is let go of when another is looked for, so
  /// that a deleted file's blocks become free.
  private static let restNanoseconds: UInt64 = 10_000_000_000
  /// Files that `sweep` looks at.
  private static let sweepLimit = 8

  package let limits: Limits
  private let hash: PathHash
  /// The first entry of each chain, or -1; as many as a power of two.
  private var buckets: [Int32]
  private var entries: [Entry] = []
  private var free: [Int32] = []
  private var hand = 0
  package private(set) var count = 0
  package private(set) var contentBytes = 0
  package private(set) var descriptors = 0

  package init(limits: Limits = Limits(), seed: UInt64 = .random(in: 0...UInt64.max)) {
    precondition(limits.files > 0 && limits.files < 1 << 24, "a cache of \(limits.files) files")
    self.limits = limits
    hash = PathHash(seed: seed)
    var bucketCount = 64
    while bucketCount < limits.files { bucketCount *= 2 }
    buckets = Array(repeating: -1, count: bucketCount)
  }

  package func hash(of path: Span<UInt8>) -> UInt64 { hash(path) }

  /// The complete answer from the file under `path` if its contents are in memory and its path was looked
  /// at less than a second ago.
  ///
  /// Counts one reference, the answer's: an atomic operation costs as much as looking up the file does.
  package mutating func freshAnswer(_ path: Span<UInt8>, now: Instant) -> Response? {
    guard let index = index(path, hash: hash(path)),
      now.nanoseconds &- entries[index].checkedAt.nanoseconds < Self.trustNanoseconds
    else { return nil }
    if !entries[index].wasUsed { entries[index].wasUsed = true }
    return entries[index].answer
  }

  /// The file that is known under `path`, and when its path was last looked at.
  package func find(_ path: Span<UInt8>, hash: UInt64) -> (file: CachedFile, checkedAt: Instant)? {
    guard let index = index(path, hash: hash), let file = entries[index].file else { return nil }
    return (file, entries[index].checkedAt)
  }

  /// Notes a look that found `file` still in its place.
  package mutating func confirm(_ file: CachedFile, now: Instant) {
    guard let index = index(of: file) else { return }
    entries[index].checkedAt = now
    entries[index].wasUsed = true
    if file.isInMemory { entries[index].answer = Self.answer(file, checkedAt: now) }
  }

  private static func answer(_ file: CachedFile, checkedAt: Instant) -> Response {
    file.complete.repeatable(until: Instant(nanoseconds: checkedAt.nanoseconds &+ trustNanoseconds))
  }

  /// Keeps `file` under its path, in the place of whatever was there. Evicts others to stay within the
  /// limits; a file beyond all of them is not kept.
  package mutating func insert(_ file: CachedFile, now: Instant) {
    let path = file.path
    remove(path.span, hash: file.hash)
    guard file.cost <= limits.contentBytes, !file.holdsDescriptor || limits.descriptors > 0 else { return }
    while contentBytes + file.cost > limits.contentBytes { evictOne { $0.cost > 0 } }
    if file.holdsDescriptor, descriptors == limits.descriptors { evictOne { $0.holdsDescriptor } }
    if count == limits.files { evictOne { _ in true } }
    let head = bucket(file.hash)
    let entry = Entry(
      file: file, answer: file.isInMemory ? Self.answer(file, checkedAt: now) : nil, path: file.path,
      hash: file.hash,
      checkedAt: now, next: buckets[head])
    if let index = free.popLast() {
      entries[Int(index)] = entry
      buckets[head] = index
    } else {
      buckets[head] = Int32(entries.count)
      entries.append(entry)
    }
    count += 1
    contentBytes += file.cost
    descriptors += file.holdsDescriptor ? 1 : 0
  }

  /// Forgets what is known under `path`.
  package mutating func remove(_ path: Span<UInt8>, hash: UInt64) {
    if let index = index(path, hash: hash) { remove(at: index) }
  }

  /// Forgets every file.
  package mutating func removeAll() {
    guard count > 0 else { return }
    for index in entries.indices where entries[index].file != nil { remove(at: index) }
  }

  /// Lets go of open files that rest. Called where the file system is asked anyway.
  package mutating func sweep(now: Instant) {
    guard descriptors > 0 else { return }
    for _ in 0..<min(Self.sweepLimit, entries.count) {
      advanceHand()
      guard let file = entries[hand].file, file.holdsDescriptor else { continue }
      let checkedAt = entries[hand].checkedAt
      if now > checkedAt, now.nanoseconds - checkedAt.nanoseconds > Self.restNanoseconds { remove(at: hand) }
    }
  }

  /// Closes every file that is held open, for when the process has no descriptor left.
  package mutating func releaseDescriptors() {
    for index in entries.indices {
      if let file = entries[index].file, file.holdsDescriptor { remove(at: index) }
    }
  }

  private func index(_ path: Span<UInt8>, hash: UInt64) -> Int? {
    var index = Int(buckets[bucket(hash)])
    while index >= 0 {
      if entries[index].hash == hash {
        // Taken out first: a method of the entry would be called on a copy of all of it.
        let known = entries[index].path
        if path.equals(known.span) { return index }
      }
      index = Int(entries[index].next)
    }
    return nil
  }

  private func index(of file: CachedFile) -> Int? {
    var index = buckets[bucket(file.hash)]
    while index >= 0, entries[Int(index)].file !== file { index = entries[Int(index)].next }
    return index < 0 ? nil : Int(index)
  }

  /// The clock: of the files that `isCandidate` accepts, of which there is one, the first that was not used
  /// since the hand last came by. Two rounds suffice.
  private mutating func evictOne(_ isCandidate: (CachedFile) -> Bool) {
    for _ in 0..<2 * entries.count {
      advanceHand()
      guard let file = entries[hand].file, isCandidate(file) else { continue }
      if entries[hand].wasUsed {
        entries[hand].wasUsed = false
      } else {
        remove(at: hand)
        return
      }
    }
    preconditionFailure("\(count) files, \(contentBytes) bytes, \(descriptors) open, and none to evict")
  }

  private mutating func advanceHand() { hand = hand + 1 < entries.count ? hand + 1 : 0 }

  private mutating func remove(at index: Int) {
    guard let file = entries[index].file else { preconditionFailure("entry \(index) is free already") }
    let head = bucket(file.hash)
    if buckets[head] == Int32(index) {
      buckets[head] = entries[index].next
    } else {
      var previous = Int(buckets[head])
      while entries[previous].next != Int32(index) { previous = Int(entries[previous].next) }
      entries[previous].next = entries[index].next
    }
    entries[index] = Entry(
      file: nil, answer: nil, path: [], hash: 0, checkedAt: Instant(nanoseconds: 0), next: -1)
    free.append(Int32(index))
    count -= 1
    contentBytes -= file.cost
    descriptors -= file.holdsDescriptor ? 1 : 0
  }

  private func bucket(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash & UInt64(buckets.count - 1)) }
}
