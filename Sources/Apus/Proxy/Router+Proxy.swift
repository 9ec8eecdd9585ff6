// Proxying as a route.

import ApusEngine
import ApusWire

extension Router {
  /// Hands every request under `prefix` on to one of `servers` and its answer back, both as they come, over connections that are
  /// kept.
  ///
  /// ```swift
  /// router.proxy("/api", to: "http://127.0.0.1:9000", "http://127.0.0.1:9001")
  /// ```
  ///
  /// Fields of one connection are left out; `X-Forwarded-For`, `-Proto` and `-Host` are added. A server that cannot be reached is
  /// left alone for a while, and another one asked; 502 if none can, 504 if one does not answer in time.
  public mutating func proxy(_ prefix: String, to servers: String...) {
    proxy(prefix, ProxyConfiguration(upstreams: servers))
  }

  /// The same with more to say.
  public mutating func proxy(_ prefix: String, _ configuration: ProxyConfiguration) {
    let prefix = prefix.hasSuffix("/") ? String(prefix.dropLast()) : prefix
    let proxy = ReverseProxy(self.prefix + prefix, configuration)
    group(prefix) { routes in
      routes.add(Hook(wantsAddresses: true) { Hook.Parts() })
      for method in Method.allCases where ![.connect, .trace, .other].contains(method) {
        for pattern in prefix.isEmpty ? ["/", "/**"] : ["", "/**"] {
          routes.on(method, pattern) { request, body, sender in
            try await proxy.answer(request, &body, sender)
          }
        }
      }
    }
  }
}
