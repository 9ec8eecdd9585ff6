// FetchSetup: from checked arguments to requests and the client that makes them.

import Apus
import ApusCompression
import ApusWire
import ArgumentParser

extension FetchCommand {
  /// One for each url.
  func requests() throws(ExitCode) -> [ClientRequest] {
    for url in request.urls { try check(url) }
    let data = try BodyArgument.read(data)
    let body = data.map { ClientBody.bytes($0, type: "application/x-www-form-urlencoded") } ?? .none
    let method = request.method ?? (shown.head ? "HEAD" : data == nil ? "GET" : "POST")
    return request.urls.map { url in
      var request = ClientRequest(.get, url, fields: request.header, body: body)
      request.method = method
      if let user, let colon = user.firstIndex(of: ":") {
        request.authorize(user: String(user[..<colon]), password: String(user[user.index(after: colon)...]))
      }
      return request
    }
  }

  /// Before anything is sent, and before anything is shown that has a password in it.
  private func check(_ url: String) throws(ExitCode) {
    let reason: String
    do throws(HTTPURL.Fault) {
      if try HTTPURL(url).scheme == .http { return }
      reason = "https is not supported yet, only http"
    } catch {
      reason = error.explanation + (error == .userinfo ? "; name them with --user" : "")
    }
    throw fail(.usage, "\(HTTPURL.withoutSecrets(url)) cannot be asked for: \(reason)")
  }

  func configuration(_ proxy: ForwardProxy?, _ log: FetchLog) -> Client.Configuration {
    var configuration = Client.Configuration()
    configuration.connectionsPerHost = connections
    configuration.idle = idle.duration
    configuration.timeouts.total = timeout.duration
    configuration.timeouts.head = min(configuration.timeouts.head, timeout.duration)
    configuration.timeouts.poolWait = timeout.duration
    configuration.redirects = redirects
    configuration.unixSocket = request.unixSocket
    if compressed { configuration.contentCodings = .common }
    configuration.userAgent = "apus-fetch/\(ApusCommand.version)"
    configuration.proxy = proxy
    let trace = shown.verbose ? FetchTrace() : nil
    configuration.onEvent = { event in
      log.note(event)
      trace?.note(event)
    }
    if let trace { configuration.onHead = { trace.note($0) } }
    return configuration
  }
}
