// ExitStatus: what the process tells its parent at the end; the numbers of sysexits.h where one fits.

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
  /// Whoever read standard output has left: what a shell says of a process that SIGPIPE ends.
  case outputClosed = 141

  package var code: ExitCode { ExitCode(rawValue) }

  /// What a server's failure to start comes to.
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

/// Writes to standard output; says why where that fails, unless it is that nobody reads any more.
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

/// Says why on standard error, in one line, and names the code to end with.
func fail(_ status: ExitStatus, _ sentence: String) -> ExitCode {
  StandardStream.error.write("apus: \(sentence)\n")
  return status.code
}
