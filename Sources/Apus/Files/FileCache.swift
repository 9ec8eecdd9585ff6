// FileCache: what one core knows of the files it serves, found by path. Bounded in files, in bytes and in descriptors;
// the clock hand evicts what no answer has used since it last came by. It asks the file system nothing: FileHandler does.

package import ApusRing
import ApusWire

/// Files by their path below the root. A hit makes no system call and allocates nothing.
package struct FileCache {
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

  /// How long an open file that no answer uses is kept: a deleted file's blocks are free again after this, and at
  /// the latest when the next file is looked for.
  package static let descriptorRestSeconds: UInt64 = 10
  /// Files that `sweep` looks at.
  private static let sweepLimit = 8

  package let limits: Limits
  private let hash: PathHash
  /// The first file of each chain, or -1; as many as a power of two.
  private var buckets: [Int32]
  private var files: [CachedFile?] = []
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

  /// The file that is known under `path`, however long ago it was checked.
  package func find(_ path: Span<UInt8>, hash: UInt64) -> CachedFile? {
    var index = buckets[bucket(hash)]
    while index >= 0 {
      guard let file = files[Int(index)] else { preconditionFailure("a chain leads to no file") }
      if file.hash == hash, file.isKnown(as: path) { return file }
      index = file.next
    }
    return nil
  }

  /// Keeps `file` under its path, in the place of whatever was there. Evicts others to stay within the limits.
  package mutating func insert(_ file: CachedFile) {
    let path = file.path
    remove(path.span, hash: file.hash)
    guard file.cost <= limits.contentBytes, !file.holdsDescriptor || limits.descriptors > 0 else { return }
    while contentBytes + file.cost > limits.contentBytes { evictOne { $0.cost > 0 } }
    if file.holdsDescriptor, descriptors == limits.descriptors { evictOne { $0.holdsDescriptor } }
    if count == limits.files { evictOne { _ in true } }
    let index: Int32
    if let freed = free.popLast() {
      index = freed
      files[Int(index)] = file
    } else {
      index = Int32(files.count)
      files.append(file)
    }
    let head = bucket(file.hash)
    file.next = buckets[head]
    buckets[head] = index
    count += 1
    contentBytes += file.cost
    descriptors += file.holdsDescriptor ? 1 : 0
  }

  /// Forgets what is known under `path`.
  package mutating func remove(_ path: Span<UInt8>, hash: UInt64) {
    if let file = find(path, hash: hash) { remove(file) }
  }

  /// Forgets `file`; false if it was not here.
  @discardableResult
  private mutating func remove(_ file: CachedFile) -> Bool {
    let head = bucket(file.hash)
    var previous: Int32 = -1
    var index = buckets[head]
    while index >= 0 {
      guard let other = files[Int(index)] else { preconditionFailure("a chain leads to no file") }
      if other === file {
        unlink(file, at: index, after: previous, in: head)
        return true
      }
      previous = index
      index = other.next
    }
    return false
  }

  /// Puts the contents of a file that was served from its descriptor into memory.
  package mutating func upgrade(_ file: CachedFile, to bytes: SharedBytes) {
    guard remove(file) else { return }
    file.upgrade(to: bytes)
    insert(file)
  }

  /// Lets go of open files that rest. Called where the file system is asked anyway.
  package mutating func sweep(now: Instant) {
    guard descriptors > 0 else { return }
    let rest = Self.descriptorRestSeconds * 1_000_000_000
    for _ in 0..<min(Self.sweepLimit, files.count) {
      hand = hand + 1 < files.count ? hand + 1 : 0
      guard let file = files[hand], file.holdsDescriptor else { continue }
      if now.nanoseconds &- file.usedAt.nanoseconds > rest, now > file.usedAt {
        remove(file)
      }
    }
  }

  /// Closes every file that is held open, for when the process has no descriptor left.
  package mutating func releaseDescriptors() {
    for file in files {
      if let file, file.holdsDescriptor { remove(file) }
    }
  }

  /// The clock: of the files that `isCandidate` accepts, of which there is one, the first that was not used since
  /// the hand last came by. Two rounds suffice.
  private mutating func evictOne(_ isCandidate: (CachedFile) -> Bool) {
    for _ in 0..<2 * files.count {
      hand = hand + 1 < files.count ? hand + 1 : 0
      guard let file = files[hand], isCandidate(file) else { continue }
      if file.wasUsed {
        file.wasUsed = false
      } else {
        remove(file)
        return
      }
    }
    preconditionFailure("\(count) files, \(contentBytes) bytes, \(descriptors) open, and none to evict")
  }

  private mutating func unlink(_ file: CachedFile, at index: Int32, after previous: Int32, in head: Int) {
    if previous < 0 { buckets[head] = file.next } else { files[Int(previous)]?.next = file.next }
    file.next = -1
    files[Int(index)] = nil
    free.append(index)
    count -= 1
    contentBytes -= file.cost
    descriptors -= file.holdsDescriptor ? 1 : 0
  }

  private func bucket(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash & UInt64(buckets.count - 1)) }
}
