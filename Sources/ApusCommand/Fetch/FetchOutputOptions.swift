// FetchOutputOptions: what `apus fetch` shows, and where.

package import ArgumentParser

package struct FetchOutputOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Write the content to this file; - is standard output.", valueName: "file"),
    completion: .file())
  package var output: String?

  @Flag(
    name: [.customShort("O"), .long],
    help: "Write the content to a file here that is named as the url's path ends.")
  package var remoteName = false

  @Flag(name: .shortAndLong, help: "Write the response's head in front of its content.")
  package var include = false

  @Flag(name: [.customShort("I"), .long], help: "Send HEAD requests, and write the response's head.")
  package var head = false

  @Flag(name: .shortAndLong, help: "Show heads and connections on standard error.")
  package var verbose = false

  @Flag(
    name: .shortAndLong,
    help: "End with 1 if a response's status is 400 or above, and write none of its content.")
  package var fail = false

  @Flag(name: .shortAndLong, help: "Show no progress, and no error unless --show-error is there, too.")
  package var silent = false

  @Flag(name: [.customShort("S"), .long], help: "Show errors in spite of --silent.")
  package var showError = false

  @Option(
    name: [.customShort("w"), .long],
    help: ArgumentHelp(
      "Write this behind the content, with %{...} for \(WriteOut.names.joined(separator: ", ")).",
      valueName: "format"), transform: WriteOut.parse)
  package var writeOut: WriteOut?

  @Flag(help: "Show the table for one request, too.")
  package var table = false

  package init() {}

  package func validate() throws {
    if output == "" { throw ValidationError("--output needs the name of a file, or - for standard output") }
    if output != nil, remoteName {
      throw ValidationError("--output and --remote-name are two names for one file")
    }
  }

  /// True for options that mean nothing for several requests.
  var isOfOneAnswer: Bool { output != nil || remoteName || include || writeOut != nil }
}
