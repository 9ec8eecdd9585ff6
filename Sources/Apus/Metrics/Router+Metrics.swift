// The route that Prometheus scrapes.

extension Router {
  /// Answers GET with the server's metrics in Prometheus' text format. They are at most a second behind; those of a core
  /// that has fallen silent, at most a scrape. Put it in a group with authentication, or on an address of its own: what it
  /// tells is not for everybody.
  public mutating func metrics(_ pattern: String) { add(pattern, .metrics) }
}
