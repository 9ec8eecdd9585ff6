// RequestOptions: what `apus fetch` and `apus bench` are told in the same words: which requests to make.

package import Apus
package import ArgumentParser

package struct RequestOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("What to ask for; https is not supported yet.", valueName: "url"))
  package var urls: [String]

  @Option(
    name: [.customShort("X"), .customShort("m"), .long], help: "The requests' method.",
    transform: MethodArgument.parse)
  package var method: String?

  @Option(
    name: [.customShort("H"), .long],
    help: ArgumentHelp("A header for every request; may be repeated.", valueName: "name: value"),
    transform: RequestHeaderArgument.parse)
  package var header: [ResponseField] = []

  @Option(help: ArgumentHelp("Connect to this unix socket instead.", valueName: "path"), completion: .file())
  package var unixSocket: String?

  package init() {}

  package func validate() throws {
    guard !urls.isEmpty else { throw ValidationError("name a url, such as http://127.0.0.1:8080/") }
  }
}
