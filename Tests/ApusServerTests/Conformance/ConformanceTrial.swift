// ConformanceTrial: one case against a live server. A connection that should be open proves it: it
// answers a probe, which also shows that the server has sent nothing beyond the answers and stands where
// the next request starts.

import Apus

struct ConformanceTrial {
  let entry: ConformanceCase
  let server: RunningServer
  /// The validator of /range.txt.
  let tag: String

  /// How long nothing must come where nothing is due.
  private static let silenceMilliseconds = 150

  /// What differs from the table; empty if nothing does.
  func run() throws -> [String] {
    // Before there is a connection, whose first byte has its time.
    let steps = entry.steps.map(withTag)
    let client = try WireClient(port: server.port, keepsEverything: true)
    try perform(steps, client)
    var seen: [Answer] = []
    let wanted = entry.outcomes.map(\.statuses.count).max()!
    let silenceIsRight = entry.outcomes.contains { $0.statuses.isEmpty && $0.standing == .open }
    if silenceIsRight,
      try client.pending.isEmpty && client.staysSilent(milliseconds: Self.silenceMilliseconds)
    {
      return []
    }
    do {
      while seen.count < wanted {
        let finals = seen.count { $0.status >= 200 }
        seen.append(try client.answer(toHead: entry.heads.contains(finals + 1)))
        if entry.outcomes.contains(where: { $0.statuses == seen.map(\.status) && $0.standing != .open }),
          seen.last!.saysClose
        {
          break
        }
      }
    } catch WireClient.Failure.ended(_, let rest) where rest.isEmpty {
    } catch WireClient.Failure.silence {
      return ["\(seen.map(\.status)), then nothing; expected \(describe())"]
    }
    let statuses = seen.map(\.status)
    guard let outcome = entry.outcomes.first(where: { $0.statuses == statuses }) else {
      return ["\(statuses) \(client.state); expected \(describe())"]
    }
    var faults = try standing(client, outcome)
    let finals = seen.filter { $0.status >= 200 }
    let came = client.everything
    for check in entry.checks { if let fault = judge(check, finals, came) { faults.append(fault) } }
    for answer in finals where answer["Date"] == nil { faults.append("\(answer.status) without Date") }
    return faults
  }

  private func perform(_ steps: [ConformanceCase.Step], _ client: WireClient) throws {
    var afterPause = false
    do {
      for step in steps {
        switch step {
        case .send(let bytes): try client.send(bytes)
        case .pause: letServerRead()
        case .await: _ = try client.receive()
        case .end: client.finish()
        }
        afterPause = step == .pause
      }
    } catch WireClient.Failure.send where !afterPause {
      // The server has refused the head already and closed: its answer tells.
    }
  }

  /// The core tells what it has done at the end of a turn: after some of them it has read what came before,
  /// unless the machine is so busy that it is not waited for. Then the case tests less, and still holds.
  private func letServerRead() {
    for _ in 0..<4 { _ = server.metrics }
  }

  private func withTag(_ step: ConformanceCase.Step) -> ConformanceCase.Step {
    guard case .send(let bytes) = step, bytes.contains(UInt8(ascii: "{")) else { return step }
    let bare = tag.filter { $0 != "\"" }
    return .send(
      bytes.replacing("{etag}".utf8, with: tag.utf8).replacing("{bare etag}".utf8, with: bare.utf8))
  }

  private func standing(_ client: WireClient, _ outcome: ConformanceCase.Outcome) throws -> [String] {
    let ended = entry.steps.contains(.end)
    switch outcome.standing {
    case .close:
      let end = try client.awaitEnd()
      return client.pending.isEmpty && end != .open
        ? [] : ["\(client.pending.count) bytes behind the last answer"]
    case .open where ended: return []
    case .open, .either:
      do {
        let probe = try client.get("/probe")
        return probe.status == 200 && probe.text == "probe" ? [] : ["the connection is out of step: \(probe)"]
      } catch {
        return outcome.standing == .either && client.pending.isEmpty ? [] : ["not open: \(error)"]
      }
    }
  }

  private func judge(_ check: ConformanceCase.Check, _ answers: [Answer], _ came: [UInt8]) -> String? {
    func answer(_ number: Int) -> Answer? { answers.count >= number ? answers[number - 1] : nil }
    switch check {
    case .body(let number, let body):
      return answer(number)?.body == body ? nil : "body \(answer(number)?.text ?? "none")"
    case .length(let number, let length):
      return answer(number)?.body.count == length ? nil : "\(answer(number)?.body.count ?? -1) bytes"
    case .field(let number, let name, let value):
      let found = answer(number)?[name]
      return found != nil && (value == nil || found == value) ? nil : "\(name): \(found ?? "missing")"
    case .noField(let name): return answers.allSatisfy { $0[name] == nil } ? nil : "has \(name)"
    case .never(let text):
      return String(decoding: came, as: UTF8.self).contains(text) ? "leaks \(text)" : nil
    case .byteLimit(let limit): return came.count <= limit ? nil : "\(came.count) bytes came"
    }
  }

  private func describe() -> String {
    entry.outcomes.map { "\($0.statuses) \($0.standing)" }.joined(separator: " or ")
  }
}
