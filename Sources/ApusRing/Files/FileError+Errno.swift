// The one table from errno to `FileError`.

internal import Glibc

extension FileError: CustomStringConvertible {
  /// In the system's words where it has some (strerror(3)).
  package var description: String {
    switch self {
    case .notFound: Errno.text(ENOENT)
    case .notDirectory: Errno.text(ENOTDIR)
    case .forbidden: Errno.text(EACCES)
    case .escapes: "the path leads elsewhere by its links"
    case .notRegular: "it is no regular file, and nobody is at its other end"
    case .tooManyOpen: Errno.text(EMFILE)
    case .other(let errno): Errno.text(errno)
    }
  }

  /// The meaning of an errno of openat2(2), open(2) or fstat(2) to whoever asked for the path.
  init(errno: Int32) {
    switch errno {
    case ENOENT, ENAMETOOLONG: self = .notFound
    case ENOTDIR: self = .notDirectory
    case EACCES, EPERM: self = .forbidden
    case EXDEV, ELOOP: self = .escapes
    case ENXIO, ENODEV: self = .notRegular
    case EMFILE, ENFILE: self = .tooManyOpen
    default: self = .other(errno: errno)
    }
  }
}
