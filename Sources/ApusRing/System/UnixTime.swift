// UnixTime: the time of day, for what is not on a core.

internal import Glibc

package enum UnixTime {
  /// Seconds since 1970.
  package static func seconds() -> Int64 { Int64(time(nil)) }
}
