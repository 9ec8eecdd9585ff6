// AnswerRules: the rules for all responses of one route on one core, whether a handler in place, a task, a
// relay or a timeout makes them. The library builds them from hooks; the engine applies them once to each
// response, when it is given.

import ApusRing
package import ApusWire

/// Immutable. For its core's thread.
package final class AnswerRules {
  /// Makes the response to an error, from the given response or from the error alone.
  package typealias Refuse = (any Error, Response?, borrowing Request) -> Response
  /// Changes a response.
  package typealias Change = (borrowing Request, inout Response) -> Void
  /// Reports an error that needs no response; the status is that of the response, which had begun or was made
  /// elsewhere.
  package typealias Tell = (any Error, borrowing Request, Status, _ hasBegun: Bool) -> Void

  private let answering: Refuse
  private let changes: [Change]
  private let telling: Tell?
  /// Time limit of a response in ticks, if the route has one.
  let answerTicks: UInt64?

  /// - Parameter changes: run in this order.
  package init(
    changes: [Change] = [], answerLimit: Duration? = nil, tell: Tell? = nil, refuse: @escaping Refuse
  ) {
    answering = refuse
    self.changes = changes
    telling = tell
    answerTicks = answerLimit.map { Tick.count(in: $0) }
  }

  /// Some hook changes responses or looks at them.
  var changesAnswers: Bool { !changes.isEmpty }

  /// The response to `error`, made from the given response if there is one.
  package func refuse(
    _ error: any Error, from given: Response? = nil, _ request: borrowing Request
  ) -> Response {
    answering(error, given, request)
  }

  /// Makes the response that is sent: applies each change and replaces an invalid response by an error. True
  /// if it was replaced.
  /// - Parameter switches: The response is 101.
  @discardableResult
  package func settle(
    _ response: inout Response, _ request: borrowing Request, switches: Bool = false
  ) -> Bool {
    var isReplaced = replaceFaulty(&response, request, switches)
    for change in changes {
      change(request, &response)
      if replaceFaulty(&response, request, switches && !isReplaced) { isReplaced = true }
    }
    return isReplaced
  }

  private func replaceFaulty(_ response: inout Response, _ request: borrowing Request, _ switches: Bool)
    -> Bool
  {
    let fault = switches ? response.fieldFault : response.fault
    guard let fault else { return false }
    response = refuse(fault, request)
    return true
  }

  func tell(_ error: any Error, _ request: borrowing Request, _ status: Status, hasBegun: Bool) {
    telling?(error, request, status, hasBegun)
  }
}
