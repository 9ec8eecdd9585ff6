// `apus fetch`: a client in the shell, to see which connection carries which request. Its flags are
// curl's where it has them.

import Apus
import ApusEngine
import ApusWire
package import ArgumentParser

package struct FetchCommand: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "fetch",
    abstract: "Request URLs, and see which connections carry the requests.",
    usage: "apus fetch <url> ... [<options>]",
    discussion: """
      One request writes its response's content to standard output. Several, by \
      several urls or --repeat, show a table instead: which connection carried each \
      request, how old it was and how long it had been idle, and why each connection \
      was closed. Ctrl-C (or SIGTERM, SIGHUP) ends the requests: the table has those \
      that were answered until then, and the process ends with the signal (exit code \
      130).

      Flags that curl has mean what they mean to curl, except -p. Redirects are \
      followed. A redirect to a URL that cannot be requested is an error; a redirect \
      without a URL is shown as any other response. A name and a password are not \
      sent to another host. The variables http_proxy (in small letters only), \
      https_proxy, all_proxy and no_proxy are used.

      EXAMPLES
        apus fetch http://127.0.0.1:8080/
        apus fetch -i -X POST -d '{"name":"Ana"}' -H 'Content-Type: application/json' http://127.0.0.1:8080/users
        apus fetch http://127.0.0.1:8080/ --repeat 5 --pause 3s
        apus fetch http://127.0.0.1:8080/ --repeat 1000 --parallel 64 --connections 8
      """)

  @OptionGroup package var request: RequestOptions

  @Option(
    name: [.customShort("d"), .customLong("data"), .customLong("data-binary")],
    help: ArgumentHelp(
      """
      The requests' body, or @ and a file with it, @- for standard input, 1 GiB at most. It is sent as it is, line breaks \
      included. The method is POST then, and the type is a form's unless a header names another. May be repeated.
      """, valueName: "data"))
  package var data: [String] = []

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Send a name and a password.", valueName: "name:password"))
  package var user: String?

  @OptionGroup(title: "Output") package var shown: FetchOutputOptions

  @OptionGroup(title: "TLS") package var tls: ClientTLSOptions

  @OptionGroup(title: "Proxy") package var proxy: FetchProxyOptions

  @Option(
    name: .customLong("repeat"), help: ArgumentHelp("Request each url so many times.", valueName: "n"),
    transform: { try CountArgument.parse($0, 1...10_000_000) })
  package var times = 1

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Requests at the same time.", valueName: "n"),
    transform: { try CountArgument.parse($0, 1...10_000) })
  package var parallel = 1

  @Option(
    "The time that each of the parallel requesters waits between two requests.", valueName: "time",
    parse: DurationArgument.parse)
  package var pause = DurationArgument(.zero)

  @Option(
    "Connections to one host.", valueName: "n", parse: { try CountArgument.parse($0, 1...1024) })
  package var connections = Client.Configuration().connectionsPerHost

  @Option(
    "How long a connection may lie idle, at most as long as the server says.", valueName: "time",
    parse: DurationArgument.parse)
  package var idle = DurationArgument(Client.Configuration().idle)

  @Option(
    name: [.customShort("m"), .long, .customLong("max-time")],
    "How long one request may take, redirects included; a number alone is seconds.", valueName: "time",
    parse: DurationArgument.parseSeconds)
  package var timeout = DurationArgument(.seconds(60))

  @Option("Redirects that are followed.", valueName: "n", parse: { try CountArgument.parse($0, 0...50) })
  package var redirects = Client.Configuration().redirects

  @Flag(
    name: [.customShort("L"), .customLong("location")],
    help: "Follow redirects. They are followed without it, too: curl needs the flag.")
  package var location = false

  @Flag(help: "Offer gzip, br and zstd, and decode the response's content.")
  package var compressed = false

  package init() {}

  package func validate() throws {
    guard timeout.duration >= .milliseconds(1) else {
      throw ValidationError("--timeout must be at least 1ms")
    }
    if let user, !user.contains(":") { throw ValidationError("--user is a name, a colon and a password") }
    if shown.isOfOneAnswer, isTabular {
      throw ValidationError(
        "--output, --remote-name, --include and --write-out are for one request: several show a table")
    }
    if shown.remoteName, fileName == nil {
      throw ValidationError("the url has no file name in it: name one with --output")
    }
  }

  /// True for several requests, or one whose connection is to be shown.
  var isTabular: Bool { shown.table || times > 1 || request.urls.count > 1 }

  /// The last part of the url's path, as it stands there.
  var fileName: String? {
    guard let url = try? HTTPURL(request.urls[0]) else { return nil }
    let path = url.target.prefix { $0 != "?" }
    let name = path[path.index(after: path.lastIndex(of: "/") ?? path.startIndex)...]
    return ["", ".", ".."].contains(name) ? nil : String(name)
  }

  package func run() throws {
    let loop = ThreadLoop()
    let outcome = FetchOutcome()
    let run = try FetchRun(self)
    let interruption = isTabular ? Interruption() : nil
    let task = loop.start { outcome.code = await run.run() }
    interruption?.whenTold { task.cancel() }
    loop.wait()
    interruption?.endIfTold()
    if let code = outcome.code { throw code }
  }
}

/// The task writes it before it ends.
private final class FetchOutcome: @unchecked Sendable {
  var code: ExitCode?
}
