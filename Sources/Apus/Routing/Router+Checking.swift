// The checks of a router's routes. A server runs them when it starts, and reports all mistakes at once.

import ApusEngine
import ApusWire

extension Router {
  /// Everything that keeps these routes from being served, in the order they were added: hooks that cannot do
  /// what they were told, malformed patterns, methods that cannot be routed, and routes that stand in each
  /// other's way. Empty for a good router.
  public var faults: [String] {
    var faults = hookFaults
    var taken: [[Pattern.Segment]: [Route]] = [:]
    for route in entries {
      if let fault = route.pattern.fault {
        faults.append("\(route.pattern.text.isEmpty ? "\"\"" : route.pattern.text) \(fault)")
        continue
      }
      if case .handler(let method, _, _) = route.endpoint, method == .connect || method == .other {
        faults.append("\(route.pattern.text): CONNECT and unknown methods have no routes")
      }
      if case .files(let files) = route.endpoint,
        let field = (files.fields + files.alwaysFields).first(where: \.isRefused)
      {
        faults.append("\(route.description): the field \(field.name) is no header field")
      }
      if let other = taken[route.pattern.segments]?.first(where: { $0.collides(with: route) }) {
        faults.append("\(route.description) is routed twice, first as \(other.description)")
      }
      taken[route.pattern.segments, default: []].append(route)
    }
    return faults
  }

  /// The fault of each hook, once for all routes that have the hook.
  private var hookFaults: [String] {
    var seen: Set<ObjectIdentifier> = []
    return (hooks + entries.flatMap(\.hooks)).compactMap { hook in
      seen.insert(ObjectIdentifier(hook.maker)).inserted ? hook.maker.fault : nil
    }
  }
}

extension Router.Route {
  /// For patterns of the same shape.
  fileprivate func collides(with other: Router.Route) -> Bool {
    guard let method = description.method, let other = other.description.method else { return true }
    return method == other
  }
}
