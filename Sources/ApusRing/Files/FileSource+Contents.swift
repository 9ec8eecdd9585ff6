// Reading a small file whole, for a cache: only what is in memory, so that a cold file
// never holds its core up.

internal import CApusLinux
internal import Glibc

extension FileSource {
  private enum Failure: Error { case notResident, changed }

  /// The file's bytes, all `metadata.size` of them, unless they would have to be waited for.
  ///
  /// Where the file system cannot read without waiting (overlay, tmpfs, FUSE) it reads plainly.
  /// Cost: two system calls, one copy, and the two allocations of a `SharedBytes`.
  package func contents() -> FileContents {
    do throws(Failure) {
      let bytes = try SharedBytes(capacity: metadata.size) { output throws(Failure) in try fill(&output) }
      return isStillDescribed() ? .complete(bytes) : .changed
    } catch {
      return error == .notResident ? .notResident : .changed
    }
  }

  private func fill(_ output: inout OutputSpan<UInt8>) throws(Failure) {
    let size = metadata.size
    var mayWait = false
    // Safety: the kernel writes inside the block, and `initialised` counts what it wrote.
    try unsafe output.withUnsafeMutableBufferPointer { block, initialised throws(Failure) in
      while initialised < size {
        guard let base = block.baseAddress else { throw .changed }
        let rest = unsafe base + initialised
        let result =
          mayWait
          ? unsafe apus_read(file.descriptor, rest, UInt(size - initialised), UInt64(initialised))
          : unsafe apus_read_cached(file.descriptor, rest, UInt(size - initialised), UInt64(initialised))
        switch result {
        case 1...: initialised += result
        case -Int(EINTR): continue
        case -Int(EAGAIN): throw .notResident
        case -Int(EOPNOTSUPP) where !mayWait: mayWait = true
        default: throw .changed
        }
      }
    }
  }

  /// Whether preadv2(2) takes RWF_NOWAIT on this file; ext4, xfs and btrfs do, tmpfs and overlay do not.
  static func supportsNoWait(_ file: borrowing OpenFile) -> Bool {
    var byte: UInt8 = 0
    // Safety: one byte, into a variable of this frame.
    let result = unsafe apus_read_cached(file.descriptor, &byte, 1, 0)
    return result >= 0 || result == -Int(EAGAIN)
  }
}
