// FilePart: what of a file the socket is to take straight from the page cache. A driver keeps it while it
// waits for room, and asks then whether it may still be sent so: a slow peer may have had us wait.

internal import Glibc

/// Part of a file, behind what is left of the head of its answer.
package struct FilePart {
  /// Sent first, unless it has left.
  package let head: ReadableRegion?
  package let source: FileSource
  /// The part in the file, in bytes.
  package let offset: Int
  package let count: Int
  /// Where the promised content ends in the file.
  package let promisedEnd: Int

  /// Nothing of the answer follows.
  package var isLast: Bool { offset + count == promisedEnd }
  package var total: Int { (head?.count ?? 0) + count }

  package init(head: ReadableRegion?, _ source: FileSource, offset: Int, count: Int, promisedEnd: Int) {
    precondition(
      offset >= 0 && count > 0 && offset + count <= promisedEnd,
      "part \(offset)+\(count) of \(promisedEnd) promised")
    self.head = head
    self.source = source
    self.offset = offset
    self.count = count
    self.promisedEnd = promisedEnd
  }

  /// Why it cannot be sent uncopied now, as a negated errno: -EFAULT if the file is shorter than promised,
  /// -EOPNOTSUPP if some of it is not in memory; 0 if it can. Cost: two system calls, some 1 us.
  package var obstacle: Int32 {
    guard source.reaches(promisedEnd) else { return -EFAULT }
    return source.isResident(offset: offset, count: count) ? 0 : -EOPNOTSUPP
  }
}
