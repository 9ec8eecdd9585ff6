// RequestOptions: the options that say which requests to make; `apus fetch` and `apus bench` share them.

package import Apus
import ApusRing
package import ArgumentParser

package struct RequestOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("The URL to request.", valueName: "url"))
  package var urls: [String]

  @Option(
    name: [.customShort("X"), .long], help: "The requests' method.",
    transform: MethodArgument.parse)
  package var method: String?

  @Option(
    name: [.customShort("H"), .long],
    help: ArgumentHelp(
      """
      A header for every request; may be repeated. 'Name:' leaves out a header that is sent by itself, such as User-Agent; \
      'Name;' sends an empty value.
      """, valueName: "name: value"),
    transform: RequestHeaderArgument.parse)
  package var header: [RequestHeaderArgument] = []

  @Option(help: ArgumentHelp("Connect to this unix socket instead.", valueName: "path"), completion: .file())
  package var unixSocket: String?

  package init() {}

  package func validate() throws {
    guard !urls.isEmpty, !urls.contains("") else {
      throw ValidationError("name a url, such as http://127.0.0.1:8080/")
    }
    if let unixSocket, SocketAddress(unixPath: unixSocket) == nil {
      throw ValidationError(
        "'\(unixSocket)' cannot be the path of a unix socket: a path has 1 to \(SocketAddress.unixPathLimit) bytes"
      )
    }
  }

  /// The fields that are sent with every request.
  package var fields: [ResponseField] { header.compactMap(\.field) }

  /// True if the request must not have this field, whose name is in small letters.
  func leavesOut(_ name: String) -> Bool {
    header.contains { if case .without(name) = $0 { true } else { false } }
  }
}
