// ExitStatus: the exit codes of the process. They are those of sysexits.h where one fits.

import Apus
import ApusRing
package import ArgumentParser

package enum ExitStatus: Int32, Sendable {
  case clean = 0
  case runtime = 1
  /// Connections were cut: a second signal, or the drain time-out.
  case forced = 2
  /// ArgumentParser ends with it by itself.
  case usage = 64
  case addressInUse = 69
  case permission = 77
  case configuration = 78
  /// The reader of standard output has closed it. Shells report this number for a process that SIGPIPE ends.
  case outputClosed = 141

  package var code: ExitCode { ExitCode(rawValue) }

  /// The status for an error that kept a server from starting.
  init(_ error: ServerError) {
    self =
      switch error {
      case .addressInUse, .socketInUse: .addressInUse
      case .permissionDenied, .socketForbidden: .permission
      case .badAddress, .badConfiguration, .badRoutes, .ringUnavailable, .filesUnavailable: .configuration
      case .failed: .runtime
      }
  }
}

/// Writes to standard output. If that fails it says why, unless the reader has closed it.
func show(_ text: String) throws(ExitCode) {
  do throws(FileError) {
    let output = OutputFile(.output)
    try output.write(text.utf8.span)
    try output.finish()
  } catch {
    if error == .other(errno: Errno.brokenPipe) { throw ExitStatus.outputClosed.code }
    throw fail(.configuration, "standard output cannot be written: \(error)")
  }
}

/// Writes the sentence to standard error, in one line, and returns the code to end with.
func fail(_ status: ExitStatus, _ sentence: String) -> ExitCode {
  StandardStream.error.write("apus: \(sentence)\n")
  return status.code
}
