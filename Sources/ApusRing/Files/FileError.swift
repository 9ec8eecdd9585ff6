// FileError: why a path was not opened, in the words that decide an answer's status.

/// The result of a look-up under a root directory that found no file. No case carries the path: the caller
/// has it.
package enum FileError: Error, Equatable, Sendable {
  /// Nothing has this name, or the name is longer than the kernel takes (ENOENT, ENAMETOOLONG).
  case notFound
  /// A file stands where the path needs a directory (ENOTDIR).
  case notDirectory
  /// The file is there and this process may not read it (EACCES, EPERM).
  case forbidden
  /// The path leaves the root, or goes through a link that the policy refuses (EXDEV, ELOOP).
  case escapes
  /// A FIFO, a socket or a device: a read of it could wait without end.
  case notRegular
  /// This process or the machine has no descriptor left (EMFILE, ENFILE).
  case tooManyOpen
  /// Anything else, as the kernel named it (errno(3)).
  case other(errno: Int32)
}
