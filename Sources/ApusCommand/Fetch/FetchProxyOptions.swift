// FetchProxyOptions: which proxy `apus fetch` sends a request to; curl's rules decide it.

package import Apus
import ApusWire
package import ArgumentParser

package struct FetchProxyOptions: ParsableArguments {
  @Option(
    name: [.customShort("x"), .long],
    help: ArgumentHelp(
      "Send requests through this proxy, in place of those that the environment names; an empty name is for no proxy.",
      valueName: "url"))
  package var proxy: String?

  @Option(
    help: ArgumentHelp(
      "Hosts to which requests go without a proxy, in place of no_proxy's; * is all hosts.",
      valueName: "host,host"))
  package var noproxy: String?

  package init() {}

  /// The proxy that these options or these variables name; nil for none.
  ///
  /// `HTTP_PROXY` is not used: in a CGI program it has the value of the client's header `Proxy`.
  package func choose(_ environment: [String: String]) throws(ExitCode) -> ForwardProxy? {
    let variable = ["http_proxy", "all_proxy", "ALL_PROXY"].first { !(environment[$0] ?? "").isEmpty }
    let source = proxy == nil ? variable : "--proxy"
    guard let source, let text = proxy ?? environment[source], !text.isEmpty else { return nil }
    var chosen: ForwardProxy
    do throws(ForwardProxy.Fault) { chosen = try ForwardProxy(text) } catch {
      let sentence = "\(source) is no proxy, \(HTTPURL.withoutSecrets(text)): \(error.explanation)"
      if proxy != nil { throw fail(.usage, sentence) }
      // The environment is for many programs, some of which may know it, and for hosts that need none.
      chosen = ForwardProxy(refusal: sentence)
    }
    let named = ["no_proxy", "NO_PROXY"].compactMap { environment[$0] }.first { !$0.isEmpty }
    chosen.exemptions = ForwardProxy.Exemptions(noproxy ?? named ?? "")
    return chosen
  }
}
