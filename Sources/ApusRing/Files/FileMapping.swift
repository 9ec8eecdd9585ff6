// FileMapping: a file's pages named to the kernel as the source of a send. Our own code never
// reads them: a file that was truncated behind a mapping answers a load with SIGBUS, but the
// kernel's copy only with -EFAULT.

internal import CApusLinux
internal import Glibc

/// A whole file mapped read-only and shared; unmapped when the last reference goes.
@safe package final class FileMapping {
  private let base: UnsafeMutableRawPointer
  package let count: Int

  /// Maps the first `count` bytes; `nil` where the file system or the address space has no room for it.
  package init?(_ file: borrowing OpenFile, count: Int) {
    precondition(count > 0, "a mapping of \(count) bytes")
    // Safety: a new mapping of our own, at an address that the kernel chooses.
    guard let address = unsafe mmap(nil, count, PROT_READ, MAP_SHARED, file.descriptor, 0),
      unsafe address != MAP_FAILED
    else { return nil }
    unsafe base = address
    self.count = count
  }

  // Safety: the last reference is gone; whoever sends from the mapping holds one until the completion.
  deinit { _ = unsafe munmap(base, count) }

  /// Part of the file as the source of a send. The send answers -EFAULT if the file has become shorter.
  package func region(from offset: Int, count: Int) -> ReadableRegion {
    // Safety: `part` checks the bounds, and `self` keeps the addresses taken.
    unsafe ReadableRegion(base: UnsafeRawPointer(base), count: self.count).part(from: offset, count: count)
  }

  /// Whether mincore(2) finds every page of the part in memory. `count` is at most
  /// `FileSource.uncopiedByteLimit`.
  ///
  /// The kernel says so of *every* page to a process that neither owns the file nor may write it.
  /// Cost: 1.2 us for 64 mapped pages, 7 us for 64 that were not touched through this mapping yet.
  func hasPages(from offset: Int, count: Int) -> Bool {
    let pageSize = Int(getpagesize())
    let first = offset / pageSize * pageSize
    let pageCount = (offset + count - first + pageSize - 1) / pageSize
    precondition(
      offset >= 0 && count > 0 && offset + count <= self.count, "pages \(offset)+\(count) of \(self.count)")
    // 1 MiB that begins in the middle of a page lies in 257.
    var pages = InlineArray<257, UInt8>(repeating: 0)
    precondition(pageCount <= pages.count, "asked for \(pageCount) pages at once")
    var span = pages.mutableSpan
    // Safety: the range lies inside the mapping; the kernel writes `pageCount` bytes,
    // for which `pages` has room.
    let result = unsafe span.withUnsafeMutableBufferPointer {
      unsafe apus_mincore(base + first, UInt(count + offset - first), $0.baseAddress)
    }
    guard result == 0 else { return false }
    for index in 0..<pageCount where pages[index] & 1 == 0 { return false }
    return true
  }
}
