// ResourceLimits: how many descriptors this process may hold (getrlimit(2)).

internal import Glibc

package enum ResourceLimits {
  /// As many as Linux allows a process unless it is told otherwise (fs.nr_open). Containers are given limits
  /// of a thousand million, and there are tables with an entry for each descriptor.
  private static let mostOpenFiles: rlim_t = 1 << 20

  /// Descriptors that this process may hold now.
  package static var openFiles: Int {
    var limit = rlimit()
    let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    // Safety, here and below: the calls read and fill a structure of our own.
    return unsafe getrlimit(files, &limit) == 0 ? Int(clamping: min(limit.rlim_cur, mostOpenFiles)) : 1024
  }

  /// Sets the soft limit of open files to the hard one, or to 2^20 if that is less, and answers it.
  package static func settleOpenFiles() -> Int {
    var limit = rlimit()
    let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard unsafe getrlimit(files, &limit) == 0 else { return 1024 }
    let wanted = min(limit.rlim_max, mostOpenFiles)
    if limit.rlim_cur != wanted {
      limit.rlim_cur = wanted
      _ = unsafe setrlimit(files, &limit)
      _ = unsafe getrlimit(files, &limit)
    }
    return Int(clamping: min(limit.rlim_cur, mostOpenFiles))
  }
}
