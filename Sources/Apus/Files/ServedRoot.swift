// ServedRoot: a core's root, whose name is looked up again while it is served. On request and on the turn's
// clock, so that a core that nobody asks makes no system call.

import ApusEngine
import ApusRing

struct ServedRoot: ~Copyable {
  private var directory: RootDirectory
  private let watch: RootWatch
  /// When the name was last known to lead to `directory`; nil before the first look
  /// and while it leads nowhere.
  private var checkedAt: Instant?

  /// Opens the directory; an error says why it cannot be.
  init(path: String, watch: RootWatch) throws(FileError) {
    directory = try RootDirectory(path: path)
    self.watch = watch
  }

  /// When the name was looked up and led to a directory, if that is no longer ago.
  func checked(within nanoseconds: UInt64, of now: Instant) -> Instant? {
    guard let checkedAt, now.nanoseconds &- checkedAt.nanoseconds < nanoseconds else { return nil }
    return checkedAt
  }

  /// Looks the name up, and opens the directory that it leads to if that is another.
  mutating func lookUp() -> RootDirectory.LookUp { directory.lookUp() }

  /// Whether the name leads to another directory than at the last look: then that one is open now. A name
  /// that leads nowhere is left to the next look that is due.
  mutating func hasMoved(now: Instant) -> Bool {
    guard directory.lookUpAnother() else { return false }
    note(.replaced, now: now)
    return true
  }

  /// Notes the result of a look-up. A name that leads nowhere is looked up again with each request for a file
  /// below it. So if a directory is replaced in two steps, only the requests between them are lost.
  mutating func note(_ found: RootDirectory.LookUp, now: Instant) {
    if case .failed(let error) = found {
      checkedAt = nil
      watch.didLose(because: error, at: now)
    } else {
      checkedAt = now
      watch.didFind()
    }
  }

  /// Opens `path` below the directory (`RootDirectory.open`); why there is no directory, if there is none.
  func open(_ path: Span<UInt8>, following policy: SymlinkPolicy) throws(FileError) -> OpenedFile {
    try directory.open(path, following: policy)
  }
}
