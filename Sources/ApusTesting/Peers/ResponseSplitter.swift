// ResponseSplitter: cuts what a peer has read into responses (RFC 9112 §6.3, the client's side). It shares no
// line with ApusWire: an oracle that used the code under test would agree with its mistakes.

package import ApusRing

package struct ResponseSplitter {
  private enum State {
    case head
    case fixed(left: Int)
    case chunkSize
    case chunk(left: Int)
    case chunkEnd
    case trailers
    case untilEnd
  }

  package private(set) var answers: [Answer] = []
  package private(set) var interim: [Int] = []
  package private(set) var malformed: String?

  private var methods: [String]
  private var buffer: [UInt8] = []
  private var position = 0
  private var state = State.head
  private var current: Answer?

  package init(methods: [String]) { self.methods = methods }

  /// One more request was sent.
  mutating func expect(_ method: String) { methods.append(method) }

  /// Requests that were sent.
  var expectedCount: Int { methods.count }

  /// The answer with this number without its content, once its head has come.
  func head(_ number: Int) -> Answer? {
    guard var answer = answer(number) else { return nil }
    answer.body = []
    return answer
  }

  /// The bytes of its content from `offset` on that have come, and whether these are all.
  func content(_ number: Int, from offset: Int) -> (bytes: [UInt8], isComplete: Bool) {
    guard let answer = answer(number) else { return ([], false) }
    return (Array(answer.body[min(offset, answer.body.count)...]), number < answers.count)
  }

  func contentCount(_ number: Int) -> Int { answer(number)?.body.count ?? 0 }

  private func answer(_ number: Int) -> Answer? {
    number < answers.count ? answers[number] : number == answers.count ? current : nil
  }

  /// The bytes that belong to no response yet.
  var trailingText: String { String(decoding: buffer[position...], as: UTF8.self) }

  package var trailingCount: Int { buffer.count - position + (current == nil ? 0 : 1) }

  package mutating func append(_ bytes: ArraySlice<UInt8>, at time: Instant) {
    buffer.append(contentsOf: bytes)
    while malformed == nil, step(time) {}
    if position > 65_536 || position == buffer.count {
      buffer.removeSubrange(..<position)
      position = 0
    }
  }

  /// The connection's end completes a body without a length.
  package mutating func end(at time: Instant) {
    if case .untilEnd = state { finish(time) }
  }

  /// Makes one step; false when more bytes are needed.
  private mutating func step(_ time: Instant) -> Bool {
    switch state {
    case .head: return readHead(time)
    case .fixed(let left):
      let rest = left - takeBody(left)
      if rest == 0 {
        finish(time)
        return true
      }
      state = .fixed(left: rest)
      return false
    case .chunkSize:
      guard let line = takeLine() else { return false }
      guard let size = Int(line.prefix { $0 != ";" }, radix: 16), size >= 0 else {
        return fail("chunk size \(line)")
      }
      state = size == 0 ? .trailers : .chunk(left: size)
      return true
    case .chunk(let left):
      let rest = left - takeBody(left)
      state = rest == 0 ? .chunkEnd : .chunk(left: rest)
      return rest == 0
    case .chunkEnd:
      guard let line = takeLine() else { return false }
      guard line.isEmpty else { return fail("no CRLF after a chunk") }
      state = .chunkSize
      return true
    case .trailers:
      guard let line = takeLine() else { return false }
      if line.isEmpty { finish(time) }
      return true
    case .untilEnd:
      _ = takeBody(.max)
      return false
    }
  }

  private mutating func readHead(_ time: Instant) -> Bool {
    guard let end = headEnd() else { return false }
    let lines = String(decoding: buffer[position..<end], as: UTF8.self).split(
      separator: "\r\n", omittingEmptySubsequences: true)
    position = end
    let parts = (lines.first ?? "").split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "HTTP/1.1", let status = Int(parts[1]), (100...599).contains(status)
    else {
      return fail("status line \(lines.first ?? "")")
    }
    var fields: [(name: String, value: String)] = []
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":"), colon > line.startIndex, !line[..<colon].contains(" ")
      else {
        return fail("field line \(line)")
      }
      fields.append((String(line[..<colon]), String(line[line.index(after: colon)...].trimmingSpaces())))
    }
    if status < 200 {
      interim.append(status)
      return true
    }
    let answer = Answer(status: status, fields: fields, body: [], time: time)
    current = answer
    let isHead = answers.count < methods.count && methods[answers.count] == "HEAD"
    if isHead || status == 204 || status == 304 {
      finish(time)
    } else if answer["transfer-encoding"] != nil {
      state = .chunkSize
    } else if let text = answer["content-length"] {
      guard let length = Int(text), length >= 0 else { return fail("content-length \(text)") }
      state = .fixed(left: length)
    } else {
      state = .untilEnd
    }
    return true
  }

  /// One past the empty line that ends the head at `position`.
  private func headEnd() -> Int? {
    var index = position
    while index + 3 < buffer.count {
      if buffer[index] == 13, buffer[index + 1] == 10, buffer[index + 2] == 13, buffer[index + 3] == 10 {
        return index + 4
      }
      index += 1
    }
    return nil
  }

  /// The text up to the next CRLF, which is consumed.
  private mutating func takeLine() -> String? {
    var index = position
    while index + 1 < buffer.count {
      if buffer[index] == 13, buffer[index + 1] == 10 {
        defer { position = index + 2 }
        return String(decoding: buffer[position..<index], as: UTF8.self)
      }
      index += 1
    }
    return nil
  }

  private mutating func takeBody(_ limit: Int) -> Int {
    let count = min(limit, buffer.count - position)
    current?.body.append(contentsOf: buffer[position..<(position + count)])
    position += count
    return count
  }

  private mutating func finish(_ time: Instant) {
    if var answer = current {
      answer.time = time
      answers.append(answer)
    }
    current = nil
    state = .head
  }

  private mutating func fail(_ why: String) -> Bool {
    malformed = why
    return false
  }
}
