// ConformanceCase: one request and what must come back, read from the tables in Cases/*.cases.
//
// A table is text. A line with # is a comment; an empty line ends a case. A case is:
//
//     a name [RFC and section]
//     > bytes to send   \r \n \t \0 \\ \xNN are escapes; {400 x text} is text 400 times; {pause} lets what
//                       was sent arrive by itself; {await} waits for an answer; {end} half-closes. Lines with
//                       none of these between them are sent at once
//     < 200 404 open    the statuses of all answers (3 x 200 abbreviates), then how the connection stands:
//                       open, close, or nothing where both are right. `close` alone: no byte. `silence`: no
//                       byte, open. Several such lines are alternatives: the standard leaves the choice.
//     ? body text       of the first answer with content status (`answer 2 body` of the second); also
//                       `length N`, `field Name`, `field Name: value`, `no field Name`, `never text` (nowhere
//                       in what came), `at most N bytes` (in all, with heads and the probe's answer),
//                       `heads 1 3` (these requests are HEAD)

/// What the case's file says.
struct ConformanceCase: Sendable {
  enum Step: Sendable, Equatable {
    case send([UInt8])
    case pause
    case await
    case end
  }

  enum Standing: Sendable { case open, close, either }

  struct Outcome: Sendable, Equatable {
    var statuses: [Int] = []
    var standing = Standing.either
  }

  enum Check: Sendable {
    case body(answer: Int, [UInt8])
    case length(answer: Int, Int)
    case field(answer: Int, String, value: String?)
    case noField(String)
    case never(String)
    case byteLimit(Int)
  }

  let name: String
  var steps: [Step] = []
  var outcomes: [Outcome] = []
  var checks: [Check] = []
  /// Ordinals of the requests whose answers have no content, from 1.
  var heads: [Int] = []

  /// All cases of a table.
  static func parse(_ table: String) -> [ConformanceCase] {
    var cases: [ConformanceCase] = []
    for line in table.split(separator: "\n", omittingEmptySubsequences: true) where !line.hasPrefix("#") {
      let text = line.dropFirst(2)
      switch line.prefix(2) {
      case "> ": cases[cases.count - 1].addSteps(text)
      case "< ": cases[cases.count - 1].outcomes.append(Outcome(text))
      case "? ": cases[cases.count - 1].addCheck(text)
      default: cases.append(ConformanceCase(name: String(line)))
      }
    }
    for entry in cases {
      precondition(!entry.steps.isEmpty && !entry.outcomes.isEmpty, "\(entry.name) is incomplete")
    }
    return cases
  }

  private mutating func addSteps(_ text: Substring) {
    var rest = text
    while !rest.isEmpty {
      if rest.hasPrefix("{"), let end = rest.firstIndex(of: "}"),
        let step = Self.directive(rest[..<end].dropFirst())
      {
        add(step)
        rest = rest[rest.index(after: end)...]
      } else {
        let next = rest.dropFirst().firstIndex(of: "{") ?? rest.endIndex
        add(.send(unescape(rest[..<next])))
        rest = rest[next...]
      }
    }
  }

  /// Bytes with no directive between them are sent at once: what leaves in pieces may arrive so.
  private mutating func add(_ step: Step) {
    if case .send(let bytes) = step, case .send(let before)? = steps.last {
      steps[steps.count - 1] = .send(before + bytes)
    } else {
      steps.append(step)
    }
  }

  private static func directive(_ text: Substring) -> Step? {
    switch text {
    case "pause": return .pause
    case "await": return .await
    case "end": return .end
    default:
      let parts = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3, let times = Int(parts[0]), parts[1] == "x" else { return nil }
      let bytes = unescape(parts[2])
      return .send((0..<times).flatMap { _ in bytes })
    }
  }

  private mutating func addCheck(_ text: Substring) {
    var words = text.split(separator: " ", omittingEmptySubsequences: false)
    var answer = 1
    if words[0] == "answer", let number = Int(words[1]) {
      answer = number
      words.removeFirst(2)
    }
    let rest = words.dropFirst().joined(separator: " ")
    switch words[0] {
    case "body": checks.append(.body(answer: answer, unescape(Substring(rest))))
    case "length": checks.append(.length(answer: answer, Int(rest)!))
    case "field":
      let parts = rest.split(separator: ":", maxSplits: 1)
      checks.append(
        .field(answer: answer, String(parts[0]), value: parts.count > 1 ? String(parts[1].dropFirst()) : nil))
    case "no": checks.append(.noField(words[2...].joined(separator: " ")))
    case "never": checks.append(.never(rest))
    case "at": checks.append(.byteLimit(Int(words[2])!))
    case "heads": heads = words.dropFirst().map { Int($0)! }
    default: preconditionFailure("\(name): no such check: \(text)")
    }
  }
}

extension ConformanceCase.Outcome {
  init(_ text: Substring) {
    var words = text.split(separator: " ").map(String.init)
    switch words.last {
    case "open", "silence": standing = .open
    case "close": standing = .close
    default: standing = .either
    }
    if standing != .either { words.removeLast() }
    while !words.isEmpty {
      if words.count >= 3, words[1] == "x" {
        statuses += Array(repeating: Int(words[2])!, count: Int(words[0])!)
        words.removeFirst(3)
      } else {
        statuses.append(Int(words.removeFirst())!)
      }
    }
  }
}

/// The bytes that an escaped text stands for.
func unescape(_ text: Substring) -> [UInt8] {
  var bytes: [UInt8] = []
  var rest = Array(text.utf8)[...]
  while let byte = rest.popFirst() {
    guard byte == UInt8(ascii: "\\"), let kind = rest.popFirst() else {
      bytes.append(byte)
      continue
    }
    switch kind {
    case UInt8(ascii: "r"): bytes.append(13)
    case UInt8(ascii: "n"): bytes.append(10)
    case UInt8(ascii: "t"): bytes.append(9)
    case UInt8(ascii: "0"): bytes.append(0)
    case UInt8(ascii: "\\"): bytes.append(kind)
    case UInt8(ascii: "x"):
      bytes.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)!)
      rest = rest.dropFirst(2)
    default: preconditionFailure("no such escape in \(text)")
    }
  }
  return bytes
}
