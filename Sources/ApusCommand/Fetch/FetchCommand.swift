// `apus fetch`: a client in the shell, to see which connection carries which request.

import Apus
import ApusRing
package import ArgumentParser

package struct FetchCommand: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "fetch",
    abstract: "Ask for URLs, and see which connections carry the requests.",
    usage: "apus fetch <url> ... [<options>]",
    discussion: """
      One request writes its answer's content to standard output. Several, by \
      several urls or --repeat, show a table instead: which connection served each \
      request, how old it was and how long it had been idle, and why each connection \
      was closed.

      EXAMPLES
        apus fetch http://127.0.0.1:8080/
        apus fetch -i -X POST -d '{"name":"Ana"}' -H 'Content-Type: application/json' http://127.0.0.1:8080/users
        apus fetch http://127.0.0.1:8080/ --repeat 5 --pause 3s
        apus fetch http://127.0.0.1:8080/ --repeat 1000 --parallel 64 --connections 8
      """)

  @OptionGroup package var request: RequestOptions

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "The requests' body, or @ and a file with it; the method is POST then.", valueName: "data"))
  package var data: String?

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Write the content to this file.", valueName: "file"),
    completion: .file())
  package var output: String?

  @Flag(name: .shortAndLong, help: "Write the answer's head in front of its content.")
  package var include = false

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Send a name and a password.", valueName: "name:password"))
  package var user: String?

  @Option(
    name: .customLong("repeat"), help: ArgumentHelp("Ask so many times for each url.", valueName: "n"),
    transform: { try CountArgument.parse($0, 1...10_000_000) })
  package var times = 1

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Requests at the same time.", valueName: "n"),
    transform: { try CountArgument.parse($0, 1...10_000) })
  package var parallel = 1

  @Option(
    help: ArgumentHelp(
      "Wait between two requests, of each of the parallel ones. (default: 0 s)", valueName: "time"),
    transform: DurationArgument.parse)
  package var pause = DurationArgument(.zero)

  @Option(
    help: ArgumentHelp("Connections to one host.", valueName: "n"),
    transform: { try CountArgument.parse($0, 1...1024) })
  package var connections = 64

  @Option(
    help: ArgumentHelp(
      "How long a connection may lie idle, at most as long as the server says.", valueName: "time"),
    transform: DurationArgument.parse)
  package var idle = DurationArgument(.seconds(15))

  @Option(
    help: ArgumentHelp("How long one request may take.", valueName: "time"), transform: DurationArgument.parse
  )
  package var timeout = DurationArgument(.seconds(60))

  @Option(
    help: ArgumentHelp("Redirects that are followed.", valueName: "n"),
    transform: { try CountArgument.parse($0, 0...50) })
  package var redirects = 5

  @Flag(help: "Offer gzip, br and zstd, and undo what the answer is coded in.")
  package var compressed = false

  @Flag(help: "End with 1 if an answer's status is 400 or above.")
  package var fail = false

  @Flag(help: "Show the table for one request, too.")
  package var table = false

  package init() {}

  package func validate() throws {
    guard timeout.duration >= .milliseconds(1) else {
      throw ValidationError("--timeout must be at least 1ms")
    }
    if let user, !user.contains(":") { throw ValidationError("--user is a name, a colon and a password") }
    if output != nil || include, isTabular {
      throw ValidationError("--output and --include are for one request: several show a table")
    }
  }

  /// Several requests, or one whose connection is of interest.
  var isTabular: Bool { table || times > 1 || request.urls.count > 1 }

  package func run() throws {
    let done = WakeUp()
    let outcome = FetchOutcome()
    let run = try FetchRun(self)
    Task.detached {
      outcome.code = await run.run()
      done.ring()
    }
    done.wait()
    if let code = outcome.code { throw code }
  }
}

/// Written by the task before it says so.
private final class FetchOutcome: @unchecked Sendable {
  var code: ExitCode?
}
