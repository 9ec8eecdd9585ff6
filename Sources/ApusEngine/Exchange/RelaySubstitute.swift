// RelaySubstitute: the response that middleware around a proxy gets if no upstream server has responded. It
// can be recognised again later.

import ApusRing
import ApusWire

/// Made when a relay within a task gives up.
struct RelaySubstitute {
  let error: any Error
  let status: Status
  /// The response's content, whose identity shows that middleware has at most added fields.
  private let content: SharedBytes

  init(_ error: any Error, _ status: Status) {
    self.error = error
    self.status = status
    content = SharedBytes("\(status.code) \(status.reason)\n".utf8.span)
  }

  /// Its content is the status and the reason.
  var response: Response { Response(status: status, mediaType: .text, body: .shared(content)) }

  /// `answer` is this response, perhaps with more fields.
  func isKept(in answer: Response) -> Bool {
    if case .shared(let bytes) = answer.body { bytes === content } else { false }
  }
}

extension Exchange {
  /// Sends the response of a task around a relay. If no upstream server has responded, that is an error as
  /// any other: hooks may make its response unless middleware has made one, and it is reported in both cases
  /// if it is 5xx.
  package func finishRelay(with answer: Response) {
    guard let substitute, !isAbandoned else { return send(answer) }
    if substitute.isKept(in: answer) { return send(refuse(substitute.error, from: answer)) }
    noteAnswered(substitute.error, by: answer.status)
    send(answer)
  }
}
