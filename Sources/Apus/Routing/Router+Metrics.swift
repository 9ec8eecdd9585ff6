// The route that Prometheus scrapes.

extension Router {
  /// Answers GET with the server's metrics in Prometheus' text format, as each core has them when it is
  /// asked: the scrape itself is among the requests under way. A core that a handler holds up for more than
  /// 100 ms is told of as it was last, at most a second before that handler began. Put it in a group with
  /// authentication, or on an address of its own: what it tells is not for everybody.
  public mutating func metrics(_ pattern: String) { add(pattern, .metrics) }
}
