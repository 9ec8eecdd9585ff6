import Apus
import ApusRing
import ApusTesting
import ApusWire
import Testing

/// The cache against a dictionary, under seeded random operations.
@Suite struct FileCacheModelTests {
  private func limits(files: Int, bytes: Int) -> FileCache.Limits {
    var limits = FileCache.Limits()
    limits.files = files
    limits.contentBytes = bytes
    return limits
  }

  private func file(_ name: String, in cache: borrowing FileCache, size: Int) -> CachedFile {
    let nothing: [UInt8] = []
    let path = Array(name.utf8)
    let metadata = FileMetadata(
      size: size, modifiedSeconds: 1, modifiedNanoseconds: 0, changedSeconds: 1, changedNanoseconds: 0,
      device: 1, inode: 1, owner: 0, kind: .regular)
    let contents = SharedBytes(capacity: size) { output in
      for _ in 0..<size { output.append(0) }
    }
    return CachedFile(
      path: path.span, hash: cache.hash(of: path.span), metadata: metadata, type: .text,
      fields: FileFields(
        metadata, type: .text, isSettled: true, unixSeconds: 10, common: SharedBytes(nothing.span)),
      contents: .memory(contents), isSettled: true)
  }

  private func find(_ name: String, in cache: borrowing FileCache) -> CachedFile? {
    let path = Array(name.utf8)
    return cache.find(path.span, hash: cache.hash(of: path.span))?.file
  }

  @Test(arguments: Seed.list(standard: 8))
  func `the last insertion is found, an evicted or removed entry is not, and the bounds hold`(
    seed: UInt64
  ) {
    var random = SeededGenerator(seed: seed)
    let again = Seed.commandLine(seed, filter: "FileCacheModelTests")
    // Few buckets and few names, so that chains are long and names come back.
    var cache = FileCache(limits: limits(files: 20, bytes: 600), seed: random.next())
    var model: [String: CachedFile] = [:]
    var lookedAt: [String: Instant] = [:]
    var now = Instant(nanoseconds: 5_000_000_000)
    for step in 0..<1000 {
      now.nanoseconds += UInt64.random(in: 0..<100_000_000, using: &random)
      let name =
        String(repeating: "d/", count: Int.random(in: 0..<3, using: &random))
        + "\(Int.random(in: 0..<60, using: &random))"
      let path = Array(name.utf8)
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<4:
        let file = file(name, in: cache, size: Int.random(in: 0...80, using: &random))
        cache.insert(file, now: now)
        model[name] = file
        lookedAt[name] = now
        #expect(find(name, in: cache) === file, "step \(step): \(again)")
      case 4:
        cache.remove(path.span, hash: cache.hash(of: path.span))
        model[name] = nil
        #expect(find(name, in: cache) == nil, "step \(step): \(again)")
      case 5:
        if let found = find(name, in: cache) {
          cache.confirm(found, now: now)
          lookedAt[name] = now
        }
      default:
        let found = find(name, in: cache)
        let fresh = cache.freshAnswer(path.span, now: now)
        if let found {
          #expect(found === model[name], "step \(step): \(again)")
          let age = now.nanoseconds - (lookedAt[name]?.nanoseconds ?? 0)
          #expect((fresh != nil) == (age < 1_000_000_000), "step \(step), age \(age): \(again)")
        } else {
          #expect(fresh == nil, "step \(step): \(again)")
        }
      }
      var (count, bytes) = (0, 0)
      for (name, file) in model where find(name, in: cache) === file {
        count += 1
        bytes += file.cost
      }
      #expect(cache.count == count && cache.contentBytes == bytes, "step \(step): \(again)")
      #expect(count <= 20 && bytes <= 600, "step \(step): \(again)")
    }
  }

  @Test func `a file that is used stays while others come and go`() {
    var cache = FileCache(limits: limits(files: 10, bytes: 10_000), seed: 1)
    let now = Instant(nanoseconds: 1)
    let hot = Array("hot".utf8)
    cache.insert(file("hot", in: cache, size: 10), now: now)
    for index in 0..<200 {
      cache.insert(file("\(index)", in: cache, size: 10), now: now)
      #expect(cache.freshAnswer(hot.span, now: now) != nil)
    }
    #expect(find("hot", in: cache) != nil)
    #expect(cache.count == 10)
  }

  @Test func `paths that share a beginning, an end or a length are told apart`() {
    var cache = FileCache(limits: limits(files: 100, bytes: 10_000), seed: 2)
    let names = ["", "a", "aa", "aaaaaaaa", "aaaaaaaaa", "aaaaaaab", "baaaaaaa", "a/b", "a/b/", "A"]
    for name in names { cache.insert(file(name, in: cache, size: 1), now: Instant(nanoseconds: 0)) }
    let count = cache.count
    #expect(count == names.count)
    for name in names {
      let path = find(name, in: cache)?.path
      #expect(path == Array(name.utf8))
    }
  }
}
