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

  /// The proxy that these options or these variables name for http, or for https; nil for none.
  ///
  /// `HTTP_PROXY` is not used: in a CGI program it has the value of the client's header `Proxy`.
  package func choose(
    _ environment: [String: String], isSecured: Bool = false
  ) throws(ExitCode) -> ForwardProxy? {
    let variables = isSecured ? ["https_proxy", "HTTPS_PROXY"] : ["http_proxy"]
    let variable = (variables + ["all_proxy", "ALL_PROXY"]).first { !(environment[$0] ?? "").isEmpty }
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

/// The proxies that requests go by way of.
package struct FetchProxies: Sendable {
  /// For http: it is asked for the whole URL.
  package let plain: ForwardProxy?
  /// For https: it makes a tunnel.
  package let secure: ForwardProxy?

  /// The one that a request for this URL goes by way of; nil for none.
  func proxy(for url: String) -> ForwardProxy? {
    guard let url = try? HTTPURL(url), let proxy = url.scheme == .https ? secure : plain else { return nil }
    return proxy.serves(url.host) ? proxy : nil
  }
}
