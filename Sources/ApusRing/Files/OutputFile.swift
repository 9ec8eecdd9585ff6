// OutputFile: a file or stream that a command line writes piece by piece. It waits for the disk and for
// whoever reads: never on a core that serves.

internal import Glibc

/// Written in order; closed when it is dropped.
package final class OutputFile: Sendable {
  private let descriptor: Int32
  private let isOwned: Bool

  /// Makes the file, or replaces what is in it.
  package init(creating path: String) throws(FileError) {
    // Safety: the path is a string that Swift ends with a NUL for the call.
    descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileError(errno: errno) }
    isOwned = true
  }

  /// Writes to a standard stream.
  package init(_ stream: StandardStream) {
    descriptor = stream.descriptor
    isOwned = false
  }

  deinit { if isOwned { _ = close(descriptor) } }

  /// Tells what a disk may refuse only at the end (close(2)). What is written after it is not looked at.
  package func finish() throws(FileError) {
    let copy = dup(descriptor)
    guard copy >= 0, close(copy) == 0 else { throw FileError(errno: errno) }
  }

  /// Writes all of it.
  package func write(_ bytes: Span<UInt8>) throws(FileError) {
    var count = 0
    while count < bytes.count {
      // Safety: the span is borrowed for the call, and `count` stays below its size.
      let written = unsafe bytes.withUnsafeBytes { block in
        unsafe Glibc.write(descriptor, block.baseAddress! + count, block.count - count)
      }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw FileError(errno: errno) }
      count += written
    }
  }
}
