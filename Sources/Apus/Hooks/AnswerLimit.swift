// How long answers may take, route by route.

extension Hook {
  /// Answers 503 when a handler that has suspended has not answered within `duration`, and cancels its task;
  /// an answer that has begun to flow is not cut. It is `Timeouts.answer` for the routes of one router or
  /// group; the shortest of those around a route counts. A handler that never suspends is not interrupted.
  public static func timeout(_ duration: Duration) -> Hook {
    precondition(duration > .zero, "a time-out of \(duration)")
    return Hook {
      var parts = Parts()
      parts.answerLimit = duration
      return parts
    }
  }
}
