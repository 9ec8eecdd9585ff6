// ResourceLimits: how many descriptors this process may hold (getrlimit(2)).

internal import Glibc

package enum ResourceLimits {
  /// Raises the soft limit of open files to the hard one and answers it.
  package static func raiseOpenFiles() -> Int {
    var limit = rlimit()
    let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard unsafe getrlimit(files, &limit) == 0 else { return 1024 }
    if limit.rlim_cur < limit.rlim_max {
      limit.rlim_cur = limit.rlim_max
      _ = unsafe setrlimit(files, &limit)
      _ = unsafe getrlimit(files, &limit)
    }
    return Int(clamping: limit.rlim_cur)
  }
}
