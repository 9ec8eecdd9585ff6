import ApusRing
import ApusTestSupport
import Glibc
import Testing

private func source(_ name: String, in tree: TemporaryTree) throws -> FileSource {
  let root = try RootDirectory(path: tree.path)
  let path = Array(name.utf8)
  return FileSource(try root.open(path.span, following: .inside))
}

/// What the file system of the tests can tell, asked of a file that is in memory.
private enum FileSystem {
  static let tellsResidency = ask(\.tellsResidency)
  static let readsWithoutWaiting = ask(\.readsWithoutWaiting)

  private static func ask(_ answer: (FileSource) -> Bool) -> Bool {
    let tree = TemporaryTree()
    tree.file("f", "x")
    return (try? source("f", in: tree)).map(answer) ?? false
  }
}

extension FilePiece {
  fileprivate var name: String {
    switch self {
    case .resident(let region): "resident \(region.count)"
    case .read: "read"
    case .readNow: "readNow"
    case .tooShort: "tooShort"
    }
  }
}

extension FileContents {
  fileprivate var name: String {
    switch self {
    case .complete(let bytes): "complete \(bytes.count)"
    case .notResident: "notResident"
    case .changed: "changed"
    }
  }
}

@Suite struct FileSourceTests {
  /// Lives as long as the test.
  private let tree = TemporaryTree()

  @Test func `a small file is read whole`() throws {
    let expected = pattern(10_000)
    tree.file("f", expected)
    guard case .complete(let bytes) = try source("f", in: tree).contents() else {
      Issue.record("the file was just written, so it is in memory")
      return
    }
    #expect(bytes.count == expected.count)
    #expect(expected.indices.allSatisfy { bytes.span[$0] == expected[$0] })
  }

  @Test func `an empty file has no bytes`() throws {
    tree.file("f", "")
    guard case .complete(let bytes) = try source("f", in: tree).contents() else {
      Issue.record("an empty file needs no reading")
      return
    }
    #expect(bytes.count == 0)
  }

  @Test(.enabled(if: FileSystem.tellsResidency, "this file system does not tell what is in memory"))
  func `a piece in memory is named to the kernel, and holds the bytes of the file at that offset`() throws {
    let expected = pattern(600_000)
    tree.file("f", expected)
    let source = try source("f", in: tree)
    for range in [262_144..<524_288, 340_001..<596_000] {
      let piece = source.piece(offset: range.lowerBound, count: range.count, promisedEnd: 600_000)
      guard case .resident(let region) = piece else {
        Issue.record("the file was just written, so it is in memory")
        return
      }
      expectSame(UnsafeRawBufferPointer(start: region.base, count: region.count), expected[range])
    }
  }

  @Test func `the last page of what was promised is read, as only a read says that it came short`() throws {
    tree.file("f", pattern(600_000))
    let source = try source("f", in: tree)
    let pageSize = Int(getpagesize())
    for end in [600_000, 128 * 4096, 5] {
      let start = (end - 1) / pageSize * pageSize
      let last = source.piece(offset: start, count: end - start, promisedEnd: end)
      #expect(last.name == (FileSystem.readsWithoutWaiting ? "read" : "readNow"))
      guard start > 100,
        case .resident(let region) = source.piece(
          offset: start - 100, count: end - start + 100, promisedEnd: end)
      else { continue }
      #expect(region.count == 100)
    }
  }

  @Test(.enabled(if: !FileSystem.tellsResidency, "this file system tells what is in memory"))
  func `a piece that may be on the disk is read, and by the ring only where that needs no thread`() throws {
    tree.file("f", pattern(600_000))
    let piece = try source("f", in: tree).piece(offset: 262_144, count: 262_144, promisedEnd: 600_000)
    #expect(piece.name == (FileSystem.readsWithoutWaiting ? "read" : "readNow"))
  }

  @Test func `a mapping is lent to the kernel alone`() throws {
    tree.file("f", pattern(600_000))
    let source = try source("f", in: tree)
    for count in [100_000, 262_144] {
      let piece = source.piece(offset: 0, count: count, promisedEnd: 600_000, mayLend: false)
      #expect(piece.name == (FileSystem.readsWithoutWaiting ? "read" : "readNow"))
    }
  }

  @Test(
    .enabled(
      if: FileSystem.tellsResidency && FileSystem.readsWithoutWaiting,
      "this file system does not tell what is in memory, or cannot read without waiting"))
  func `a file that left memory is neither sent from its mapping nor read whole`() throws {
    // The kernel may hold a page back from an eviction, so a few are tried, each with pages of its own.
    func ask(until expected: String, _ question: (FileSource) -> String) throws -> String {
      var answer = ""
      for _ in 0..<20 where answer != expected {
        tree.file("f", pattern(600_000))
        let source = try source("f", in: tree)
        tree.evict("f")
        answer = question(source)
      }
      return answer
    }
    #expect(
      try ask(until: "read") { $0.piece(offset: 0, count: 100_000, promisedEnd: 600_000).name } == "read")
    #expect(try ask(until: "notResident") { $0.contents().name } == "notResident")
  }

  @Test func `a file that was written to is another version, and too short only for what it no longer has`()
    throws
  {
    for (change, size) in [(0, 50_000), (1, 100_008), (2, 100_000), (3, 100_000)] {
      tree.file("f", pattern(100_000))
      tree.touch("f", seconds: 1_700_000_000)
      let source = try source("f", in: tree)
      #expect(source.isStillDescribed() && source.reaches(100_000))
      switch change {
      case 0: tree.truncate("f", to: 50_000)
      case 1: tree.append("f", "one more")
      case 2: tree.file("f", pattern(100_000).reversed())
      default: tree.touch("f", seconds: 1_700_000_001)
      }
      #expect(!source.isStillDescribed())
      #expect(source.contents().name == "changed")
      for end in [10, 50_000, 50_001, 100_000] {
        #expect(source.reaches(end) == (end <= size))
        #expect((source.piece(offset: 0, count: 10, promisedEnd: end).name == "tooShort") == (end > size))
      }
    }
  }

  @Test func `a mode, a name or a link is no part of a version`() throws {
    tree.file("f", pattern(100_000))
    let source = try source("f", in: tree)
    tree.chmod("f", 0o600)
    tree.rename("f", to: "g")
    #expect(source.isStillDescribed() && source.reaches(100_000))
    tree.remove("g")
    #expect(source.isStillDescribed() && source.reaches(100_000))
  }

  @Test func `a file that was replaced by a rename is sent as it was`() throws {
    tree.file("f", pattern(100_000))
    tree.file("g", pattern(10))
    let source = try source("f", in: tree)
    tree.rename("g", to: "f")
    #expect(source.isStillDescribed() && source.reaches(100_000))
  }

  @Test func `a read on the spot fills the block, and refuses what the file no longer has`() throws {
    let expected = pattern(9_000)
    tree.file("f", expected)
    let source = try source("f", in: tree)
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 4_000, alignment: 16)
    defer { block.deallocate() }
    let region = WritableRegion(base: block.baseAddress!, count: 4_000)
    #expect(source.readNow(offset: 4_500, into: region))
    #expect(block.elementsEqual(expected[4_500..<8_500]))
    tree.truncate("f", to: 5_000)
    #expect(!source.readNow(offset: 4_500, into: region))
  }

  @Test func `a body's range lies within the file`() throws {
    tree.file("f", pattern(1_000))
    let body = FileBody(try source("f", in: tree), range: 995..<1_000)
    #expect(body.range.count == 5)
    #expect(body.source.metadata.size == 1_000)
  }
}
