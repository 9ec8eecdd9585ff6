// RelaySubstitute: what middleware around a proxy is given where there is no answer of a server's, and
// how that is known again.

import ApusRing
import ApusWire

/// Made when a relay within a task gives up.
struct RelaySubstitute {
  let error: any Error
  let status: Status
  /// The answer's content, by which one that only has more fields is told from one of the middleware's own.
  private let content: SharedBytes

  init(_ error: any Error, _ status: Status) {
    self.error = error
    self.status = status
    content = SharedBytes("\(status.code) \(status.reason)\n".utf8.span)
  }

  /// The status and its reason.
  var response: Response { Response(status: status, mediaType: .text, body: .shared(content)) }

  /// `answer` is this one, whatever was added to it.
  func isKept(in answer: Response) -> Bool {
    if case .shared(let bytes) = answer.body { bytes === content } else { false }
  }
}

extension Exchange {
  /// Sends what a task around a relay has come to. Where no server has answered that is an error as any
  /// other: its answer may be said by hooks unless middleware has made one of its own, and it is told
  /// either way if it is 5xx.
  package func finishRelay(with answer: Response) {
    guard let substitute, !isAbandoned else { return send(answer) }
    if substitute.isKept(in: answer) { return send(refuse(substitute.error, from: answer)) }
    noteAnswered(substitute.error, by: answer.status)
    send(answer)
  }
}
