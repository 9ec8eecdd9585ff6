// SimulatedService: a peer that plays a server whose requests all have the same length.

package struct SimulatedService: Sendable {
  /// Bytes of each request.
  package var requestBytes: Int
  /// The responses that it sends, in turn.
  package var answers: [[UInt8]]
  /// Makes the response to these bytes, in place of `answers`.
  package var respond: (@Sendable (ArraySlice<UInt8>) -> [UInt8])?
  /// It closes after so many responses; nil for no limit.
  package var requestLimit: Int?
  /// In each `stallEvery` nanoseconds of the clock it answers nothing for the first `stallFor`.
  package var stallEvery: UInt64 = 0
  package var stallFor: UInt64 = 0

  package init(requestBytes: Int, answers: [[UInt8]], requestLimit: Int? = nil) {
    self.requestBytes = requestBytes
    self.answers = answers
    self.requestLimit = requestLimit
  }

  /// A service whose answer depends on the request.
  package init(
    requestBytes: Int, requestLimit: Int? = nil, respond: @escaping @Sendable (ArraySlice<UInt8>) -> [UInt8]
  ) {
    self.init(requestBytes: requestBytes, answers: [[]], requestLimit: requestLimit)
    self.respond = respond
  }

  /// When it answers again, if it does not at `time`.
  func endOfStall(at time: UInt64) -> UInt64? {
    guard stallEvery > 0, time % stallEvery < stallFor else { return nil }
    return time - time % stallEvery + stallFor
  }
}
