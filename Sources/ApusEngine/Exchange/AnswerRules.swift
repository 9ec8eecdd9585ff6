// AnswerRules: what holds for the answers of one route on one core, whoever makes them: a handler in place,
// a task, a relay, or a time-out. The library makes them from hooks; the engine asks them once for each
// answer, when it is given.

import ApusRing
package import ApusWire

/// Never changed once made. For its core's thread.
package final class AnswerRules {
  /// The answer to an error: from the one that is given, or from the error's own.
  package typealias Refuse = (any Error, Response?, borrowing Request) -> Response
  /// Changes an answer.
  package typealias Change = (borrowing Request, inout Response) -> Void
  /// Hears of an error that is not to be answered for: the status is the answer's, which had begun, or
  /// which somebody else has made.
  package typealias Tell = (any Error, borrowing Request, Status, _ hasBegun: Bool) -> Void

  private let answering: Refuse
  private let changes: [Change]
  private let telling: Tell?
  /// How long an answer may take, in ticks, if the route says so.
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

  /// Somebody changes answers, or looks at them.
  var changesAnswers: Bool { !changes.isEmpty }

  /// The answer to `error`, made from the one that is given if there is one.
  package func refuse(
    _ error: any Error, from given: Response? = nil, _ request: borrowing Request
  ) -> Response {
    answering(error, given, request)
  }

  /// The answer as it is sent: one that cannot be is an error, and each change is made. True
  /// if another took its place.
  /// - Parameter switches: It is 101.
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
