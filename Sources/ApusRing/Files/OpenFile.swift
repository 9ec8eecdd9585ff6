// OpenFile: a descriptor that closes itself.

internal import CApusLinux
internal import Glibc

/// An open descriptor; closed when the value goes away.
package struct OpenFile: ~Copyable {
  package let descriptor: Int32

  package init(descriptor: Int32) { self.descriptor = descriptor }

  /// Opens `path` for appending, made with mode 0644 if it is not there. A FIFO that nobody
  /// reads is `notRegular`, and not waited for; what is written to one that somebody reads waits
  /// for the reader, as usual.
  package init(appendingTo path: String) throws(FileError) {
    precondition(!path.utf8.contains(0), "a NUL in a path")
    // Safety: the string's bytes, closed by a NUL, live during the call.
    let result = unsafe apus_open_append(path)
    guard result >= 0 else { throw FileError(errno: -result) }
    descriptor = result
  }

  /// Gives the descriptor up: from now on it stays open until somebody else closes it.
  package consuming func release() -> Int32 {
    let descriptor = descriptor
    discard self
    return descriptor
  }

  /// Gives the file to `descriptor`, a number that others have: in one step it means this file and no longer
  /// what it did. What was begun with it goes on with the file that it began with.
  package consuming func takePlace(of replaced: Int32) throws(FileError) {
    let result = apus_replace_descriptor(descriptor, replaced)
    guard result >= 0 else { throw FileError(errno: -result) }
  }

  deinit { _ = Glibc.close(descriptor) }
}
