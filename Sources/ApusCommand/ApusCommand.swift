// The `apus` command. Each subcommand is a file of its own; what several of them need stands beside them.

import ApusRing
package import ArgumentParser

@main
package struct ApusCommand: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "apus",
    abstract:
      "HTTP for Linux: a server, a client and a load generator, one thread per core, each on its own io_uring.",
    discussion: """
      EXIT CODES
        0   ended as asked
        1   failed while running
        2   ended with connections cut: a second signal, or the drain time-out
        64  wrong usage
        69  the address is in use
        77  a permission is missing
        78  a setting cannot be used, or io_uring is not available
        141 the reader of standard output has closed it
        129 130 143  fetch or bench was ended by HUP, INT (Ctrl-C) or TERM
      """,
    version: ProgramVersion.text,
    subcommands: [ServeCommand.self, FetchCommand.self, BenchCommand.self])

  package init() {}

  /// The process ends here alone, after whatever the command held is free: a leak check at the exit finds
  /// nothing.
  package static func main() {
    StandardStream.occupyClosed()
    exit(withError: runToEnd())
  }

  /// The arguments are the process's own: ArgumentParser's are empty where there is no /proc.
  private static func runToEnd() -> ExitCode {
    do {
      var command = try parseAsRoot(ShortOptions.separated(Array(ProcessArguments.all.dropFirst())))
      try command.run()
      return .success
    } catch {
      return report(error)
    }
  }

  /// Writes an error's text, if it has one. The user asked for help and the like, so it is a failure if they
  /// cannot be written: ArgumentParser itself would end with 0.
  private static func report(_ error: any Error) -> ExitCode {
    let (code, text) = (exitCode(for: error), fullMessage(for: error))
    if text.isEmpty { return code }
    guard code == .success else {
      StandardStream.error.write(text + "\n")
      return code
    }
    do throws(ExitCode) { try show(text + "\n") } catch { return error }
    return code
  }

  /// Without a subcommand nothing is done, so the exit code must not be 0.
  package func run() throws {
    throw ValidationError("a subcommand is missing: name serve, fetch or bench")
  }
}
