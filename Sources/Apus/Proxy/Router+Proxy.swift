// Proxying as a route.

import ApusEngine
import ApusWire

extension Router {
  /// Hands every request under `prefix` on to one of `servers` and its answer back, both as they come, over
  /// connections that are kept.
  ///
  /// ```swift
  /// router.proxy("/api", to: "http://127.0.0.1:9000", "http://127.0.0.1:9001")
  /// ```
  ///
  /// Fields of one connection are left out; `X-Forwarded-For`, `-Proto`, `-Host` and `Via` are added. If a
  /// server cannot be reached, it gets no requests for a while, and another one gets this request. The
  /// response is 502 if no server can be reached, and 504 if one does not answer in time. A switch of
  /// protocols, as for WebSocket, is passed on: the connection is a tunnel from then on. OPTIONS with
  /// `Max-Forwards: 0` is meant for the proxy itself, and is answered here; TRACE is not passed on (405).
  public mutating func proxy(_ prefix: String, to servers: String...) {
    proxy(prefix, ProxyConfiguration(upstreams: servers))
  }

  /// The same with more to say. No servers, or a text that is no http URL, keep the server from starting,
  /// as malformed patterns do.
  public mutating func proxy(_ prefix: String, _ configuration: ProxyConfiguration) {
    let prefix = prefix.hasSuffix("/") ? String(prefix.dropLast()) : prefix
    let plan: RelayPlan
    do throws(ProxyFault) { plan = try configuration.plan(under: self.prefix + prefix) } catch {
      // The server does not start, and says why with all else that is wrong.
      let nobody = Tier.synchronous { _ in .plain(.badGateway) }
      let pattern = Pattern(self.prefix + prefix, fault: error.sentence)
      entries.append(Route(pattern: pattern, endpoint: .handler(.get, collectBytes: nil, nobody)))
      return
    }
    group(prefix) { routes in
      if !configuration.forwarded.isDisjoint(with: [.xForwarded, .standard]) {
        routes.add(Hook(wantsAddresses: true) { Hook.Parts() })
      }
      for method in Method.allCases where ![.connect, .trace, .other].contains(method) {
        for pattern in prefix.isEmpty ? ["/", "/**"] : ["", "/**"] {
          routes.add(pattern, .handler(method, collectBytes: Self.readByHandler, .relayed(plan)))
        }
      }
    }
  }
}
