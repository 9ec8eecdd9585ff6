// FetchProxyOptions: which proxy `apus fetch` goes by way of, as curl decides it.

package import Apus
import ApusWire
package import ArgumentParser

package struct FetchProxyOptions: ParsableArguments {
  @Option(
    name: [.customShort("x"), .long],
    help: ArgumentHelp(
      "Go by way of this proxy, in place of those of the environment; with an empty name by way of none.",
      valueName: "url"))
  package var proxy: String?

  @Option(
    help: ArgumentHelp(
      "Hosts that are asked directly, in place of no_proxy's; * is all.", valueName: "host,host"))
  package var noproxy: String?

  package init() {}

  /// The proxy that these options or these variables name; nil for none.
  ///
  /// Not `HTTP_PROXY`: of a CGI program that is what a client's header `Proxy` says.
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
