// What is wrong with a router's routes, found when a server starts and told all at once.

import ApusEngine
import ApusWire

extension Router {
  /// Everything that keeps these routes from being served, in the order they were added: malformed patterns, methods that
  /// cannot be routed, and routes that stand in each other's way. Empty for a good router.
  public var faults: [String] {
    var faults: [String] = []
    var taken: [[Pattern.Segment]: [Route]] = [:]
    for route in entries {
      if let fault = route.pattern.fault {
        faults.append("\(route.pattern.text) \(fault)")
        continue
      }
      if case .handler(let method, _, _) = route.endpoint, method == .connect || method == .other {
        faults.append("\(route.pattern.text): CONNECT and unknown methods have no routes")
      }
      if let other = taken[route.pattern.segments]?.first(where: { $0.collides(with: route) }) {
        faults.append("\(route.description) is routed twice, first as \(other.description)")
      }
      taken[route.pattern.segments, default: []].append(route)
    }
    return faults
  }
}

extension Router.Route {
  /// For patterns of the same shape.
  fileprivate func collides(with other: Router.Route) -> Bool {
    guard let method = description.method, let other = other.description.method else { return true }
    return method == other
  }
}
