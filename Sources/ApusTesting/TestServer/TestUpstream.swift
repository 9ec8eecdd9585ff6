// TestUpstream: a server that handlers and proxies of a test reach by a name of their own.

import Apus
import ApusWire

struct TestUpstream {
  let name: String
  /// In lower case; the path of a unix socket.
  let host: String
  /// 0 for a unix socket.
  let port: UInt16
  let router: Router

  /// In the order of their names: the same test has the same addresses.
  static func all(_ routers: [String: Router]) throws(TestServerError) -> [TestUpstream] {
    var upstreams: [TestUpstream] = []
    for (name, router) in routers.sorted(by: { $0.key < $1.key }) {
      upstreams.append(try TestUpstream(name, router))
    }
    return upstreams
  }

  private init(_ name: String, _ router: Router) throws(TestServerError) {
    self.name = name
    self.router = router
    if name.hasPrefix("unix:") {
      host = String(name.dropFirst("unix:".count))
      port = 0
      return
    }
    guard let url = try? HTTPURL(name), url.scheme == .http, url.target == "/" else {
      throw .badUpstream(name)
    }
    host = url.host
    port = url.port
  }
}
