// RootWatch: what all cores know of one root, so that its disappearance is told once, by whichever core sees
// it first, and one that comes and goes with every look (no descriptor is free) a few times a minute.

package import ApusRing
package import Logging
import Synchronization

package final class RootWatch: Sendable {
  private let path: String
  private let logger: Logger?
  private let isLost = Atomic(false)
  /// When that was told last, in nanoseconds; `.max` before.
  private let toldAt = Atomic(UInt64.max)
  private static let nanosecondsBetweenLosses: UInt64 = 10_000_000_000

  /// - Parameter logger: nil logs nothing.
  package init(_ path: String, logger: Logger?) {
    self.path = path
    self.logger = logger
  }

  /// The name leads to no directory that can be opened.
  package func didLose(because error: FileError, at now: Instant) {
    let last = toldAt.load(ordering: .relaxed)
    guard last == .max || now.nanoseconds >= last + Self.nanosecondsBetweenLosses else { return }
    guard !isLost.exchange(true, ordering: .relaxed) else { return }
    toldAt.store(now.nanoseconds, ordering: .relaxed)
    logger?.error(
      "the directory to serve cannot be opened: what is below it is answered with an error until it can be",
      metadata: ["directory": "\(path)", "reason": "\(error)"])
  }

  /// It leads to one. Once a second for each core: a load, mostly.
  package func didFind() {
    guard isLost.load(ordering: .relaxed), isLost.exchange(false, ordering: .relaxed) else { return }
    logger?.notice("the directory to serve is there again", metadata: ["directory": "\(path)"])
  }
}
