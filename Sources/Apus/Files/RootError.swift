// RootError: which directory cannot be served, and why.

package import ApusRing

/// A directory to serve that cannot be opened when a server starts.
package struct RootError: Error, CustomStringConvertible {
  /// As it was written.
  package let path: String
  package let cause: FileError

  package init(path: String, cause: FileError) {
    self.path = path
    self.cause = cause
  }

  package var description: String {
    "the directory to serve, \(path), cannot be opened: \(cause); \(advice)"
  }

  private var advice: String {
    cause == .tooManyOpen
      ? "raise the limit of open files (ulimit -n, or LimitNOFILE= in a systemd unit)"
      : "make it, or name another"
  }
}
