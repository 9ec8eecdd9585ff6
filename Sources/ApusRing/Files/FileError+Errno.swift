// The one table from errno to `FileError`.

internal import Glibc

extension FileError {
  /// What an errno of openat2(2), open(2) or fstat(2) means to whoever asked for the path.
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
