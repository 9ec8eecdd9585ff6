// RouteDescription: a route as a listing shows it, for a start-up screen, a test or documentation.

import ApusEngine
public import ApusWire

/// One route.
public struct RouteDescription: Sendable, Equatable, CustomStringConvertible {
  /// The method of the requests; nil for mounted files, which answer GET and HEAD.
  public let method: Method?
  /// The pattern as it was written, with the prefixes of its groups.
  public let pattern: String
  /// The names of its captures, in order.
  public let captures: [String]
  /// The directory behind it, for mounted files.
  public let root: String?

  /// `GET /users/{id}`, or `FILES /assets/** from /srv/www`.
  public var description: String {
    root.map { "FILES \(pattern) from \($0)" } ?? "\(method?.name ?? "") \(pattern)"
  }
}

extension Router.Route {
  var description: RouteDescription {
    switch endpoint {
    case .handler(let method, _, _):
      RouteDescription(method: method, pattern: pattern.text, captures: pattern.names, root: nil)
    case .metrics:
      RouteDescription(method: .get, pattern: pattern.text, captures: pattern.names, root: nil)
    case .files(let files):
      RouteDescription(method: nil, pattern: pattern.text, captures: pattern.names, root: files.root)
    }
  }
}

extension Router {
  /// All routes, in the order they were added.
  public var routes: [RouteDescription] { entries.map(\.description) }
}
