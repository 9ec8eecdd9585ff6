// TrafficOracle: what every peer must have got, whatever went wrong. Its rule: each accepted request is
// answered once and in order, or the connection ended for a reason that the plan or a fault explains.

import ApusTesting

struct TrafficOracle {
  /// The drain began while traffic was under way.
  let drainsEarly: Bool
  let statistics: SimulatedKernel.Statistics

  func judge(_ connection: PlannedConnection) -> [String] {
    let peer = connection.peer
    var findings: [String] = []
    func find(_ sentence: String) { findings.append("\(peer.name): \(sentence)") }

    if let malformed = peer.malformed { find("got bytes that are no answer: \(malformed)") }
    for (index, answer) in peer.answers.enumerated() {
      guard index < connection.expectations.count else {
        find("got \(peer.answers.count) answers to \(connection.expectations.count) requests")
        break
      }
      if mayEndHere(connection, answer, at: index) { break }
      if let difference = Self.difference(answer, connection.expectations[index]) {
        find("answer \(index): \(difference)")
      }
    }
    if peer.trailingCount > 0, peer.resetAt == nil, !peer.hasClosed {
      find("ends with a FIN in the middle of an answer")
    }
    if !peer.isDisconnected, !peer.hasClosed { find("is still connected") }
    if peer.answers.count < connection.expectations.count, !isExcused(connection) {
      find("got \(peer.answers.count) answers of \(connection.expectations.count) without an excuse")
    }
    return findings
  }

  func judge(_ ledger: Ledger, _ connections: [PlannedConnection]) -> [String] {
    var findings: [String] = []
    if ledger.damagedBodies > 0 { findings.append("\(ledger.damagedBodies) bodies were damaged") }
    for (index, connection) in connections.enumerated() {
      let asked = ledger.entries.map(\.number).filter { $0.hasPrefix("\(index)-") }
      if asked != Array(connection.handled.prefix(asked.count)) {
        findings.append("peer \(index): the handler was asked \(asked), not \(connection.handled)")
      }
    }
    return findings
  }

  /// A time-out's 408, where the peer is slow on purpose, is its last answer.
  private func mayEndHere(_ connection: PlannedConnection, _ answer: Answer, at index: Int) -> Bool {
    answer.status == 408 && connection.hasLongPauses && index == connection.peer.answers.count - 1
  }

  private func isExcused(_ connection: PlannedConnection) -> Bool {
    let peer = connection.peer
    if peer.wasResetByFault || connection.isRude || connection.hasLongPauses || drainsEarly { return true }
    if peer.refusedAt != nil || statistics.lost > 0 { return true }
    // Who sends on after the last answer and reads slowly outlasts the lingering close.
    return connection.sendsAfterEnd && peer.resetAt != nil && peer.reading != .eager
  }

  private static func difference(_ answer: Answer, _ expected: PlannedRequest.Expectation) -> String? {
    if answer.status != expected.status { return "status \(answer.status), not \(expected.status)" }
    if let body = expected.body, answer.body != body {
      let start = String(decoding: answer.body.prefix(20), as: UTF8.self)
      return "\(answer.body.count) bytes \"\(start)\", not \(body.count)"
    }
    // IMF-fixdate, RFC 9110 5.6.7: always 29 bytes. One joined from two lines is longer.
    guard let date = answer["date"], date.utf8.count == 29, date.hasSuffix(" GMT") else {
      return "the date \(answer["date"] ?? "is missing")"
    }
    if answer["transfer-encoding"] == "chunked", answer["content-length"] == nil { return nil }
    if expected.announcedCount == nil, answer["content-length"] != "\(answer.body.count)" {
      return "announces \(answer["content-length"] ?? "nothing"), has \(answer.body.count)"
    }
    if let count = expected.announcedCount, answer["content-length"] != "\(count)" {
      return "announces \(answer["content-length"] ?? "nothing"), not \(count)"
    }
    return nil
  }
}
