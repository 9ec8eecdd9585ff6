// FetchSetup: from checked arguments to requests and the client that makes them.

package import Apus
import ApusCompression
import ApusEngine
import ApusWire
import ArgumentParser

extension FetchCommand {
  /// One for each url.
  func requests() throws(ExitCode) -> [ClientRequest] {
    for url in request.urls { try check(url) }
    let data = try BodyArgument.read(data)
    let type = request.leavesOut("content-type") ? nil : "application/x-www-form-urlencoded"
    let body = data.map { ClientBody.bytes($0, type: type) } ?? .none
    let method = request.method ?? (shown.head ? "HEAD" : data == nil ? "GET" : "POST")
    return request.urls.map { url in
      var request = ClientRequest(.get, url, fields: request.fields, body: body)
      request.method = method
      if let user, let colon = user.firstIndex(of: ":") {
        request.authorize(user: String(user[..<colon]), password: String(user[user.index(after: colon)...]))
      }
      return request
    }
  }

  /// Checks a URL before anything is sent, and before a password in it could be shown.
  private func check(_ url: String) throws(ExitCode) {
    do throws(HTTPURL.Fault) {
      _ = try HTTPURL(url)
    } catch {
      let reason = error.explanation + (error == .userinfo ? "; name them with --user" : "")
      throw fail(.usage, "\(HTTPURL.withoutSecrets(url)) cannot be asked for: \(reason)")
    }
  }

  /// `--timeout` bounds the whole request. The time for a connect keeps its default, which is shorter.
  package var timeouts: Client.Timeouts {
    var timeouts = Client.Timeouts()
    timeouts.total = timeout.duration
    timeouts.head = timeout.duration
    timeouts.idleRead = timeout.duration
    timeouts.poolWait = timeout.duration
    return timeouts
  }

  /// Why the proxy of one of the urls cannot be used; nil if all can.
  func refusal(of proxies: FetchProxies) -> String? {
    guard request.unixSocket == nil else { return nil }
    return request.urls.lazy.compactMap { proxies.proxy(for: $0)?.refusal }.first
  }

  func configuration(
    _ proxies: FetchProxies, _ log: FetchLog, _ security: ClientSecurity
  ) -> Client.Configuration {
    var configuration = Client.Configuration()
    configuration.connectionsPerHost = connections
    configuration.idle = idle.duration
    configuration.timeouts = timeouts
    configuration.redirects = redirects
    configuration.unixSocket = request.unixSocket
    if compressed, !request.leavesOut("accept-encoding") { configuration.contentCodings = .common }
    configuration.userAgent = request.leavesOut("user-agent") ? nil : "apus-fetch/\(ProgramVersion.text)"
    configuration.proxy = proxies.plain
    configuration.tunnelProxy = proxies.secure
    configuration.security = security
    let trace = shown.verbose ? FetchTrace() : nil
    configuration.onEvent = { event in
      log.note(event)
      trace?.note(event)
    }
    if let trace {
      configuration.onHead = { trace.note($0) }
      configuration.onSecure = { trace.note($1, $2) }
    }
    return configuration
  }
}
