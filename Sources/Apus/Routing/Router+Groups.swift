// Routes that belong together: under one prefix, behind the same hooks.

extension Router {
  /// Adds the routes that `build` makes, each under `prefix`. Hooks that `build` adds are for these routes
  /// alone, and run inside those of the routers around it.
  ///
  /// ```swift
  /// router.group("/api") { api in
  ///   api.add(.bearerAuthentication { constantTimeEquals($0, token) })
  ///   api.get("/users/{id}") { request in ... }
  /// }
  /// ```
  ///
  /// A group is a router of its own while it is built, so everything that a router takes, a group takes.
  /// An empty prefix groups by hooks alone. Where several groups have routes at one pattern, a request passes
  /// the hooks of the route that takes its method. A 405, and an OPTIONS request without a route, pass the
  /// hooks of the route that was added first.
  public mutating func group(_ prefix: String, _ build: (inout Router) throws -> Void) rethrows {
    var inner = Router()
    inner.prefix = joined(prefix)
    try build(&inner)
    take(inner)
  }

  /// Adds the routes of another router under `prefix`, with its hooks around them.
  public mutating func mount(_ prefix: String, _ other: Router) {
    let prefix = joined(prefix)
    var inner = other
    for index in inner.entries.indices where inner.entries[index].pattern.fault == nil {
      inner.entries[index].pattern = Pattern(inner.entries[index].pattern.text, within: prefix)
    }
    take(inner)
  }

  /// This router's prefix and another behind it. One that starts without a slash stays alone, where
  /// its patterns are faults.
  private func joined(_ prefix: String) -> String {
    let own = prefix.hasSuffix("/") ? String(prefix.dropLast()) : prefix
    return own.isEmpty || own.hasPrefix("/") ? self.prefix + own : own
  }

  private mutating func take(_ inner: Router) {
    for var route in inner.entries {
      route.hooks = inner.hooks + route.hooks
      route.wrappers = inner.wrappers + route.wrappers
      route.setDefault(collectBytes: inner.collectBytes)
      entries.append(route)
    }
  }
}

extension Router.Route {
  /// For a route that does not say how much of a body it collects.
  mutating func setDefault(collectBytes: Int?) {
    if case .handler(let method, nil, let tier) = endpoint {
      endpoint = .handler(method, collectBytes: collectBytes, tier)
    }
  }
}
