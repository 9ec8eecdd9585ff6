// NumberedHandler: answers carry the number that their request asked with, and every call is written down.

import Apus
import ApusEngine
import ApusRing
import ApusTestSupport
import ApusWire

/// What a core's handler was asked, in order. One thread uses it.
final class Ledger: @unchecked Sendable {
  struct Entry: Equatable {
    var method: Method
    /// `connection-request`, from the path `/n/3-7`.
    var number: String
    var bodyCount: Int
  }

  private(set) var entries: [Entry] = []
  /// How many calls found their body altered.
  private(set) var damagedBodies = 0
  /// Answers wrongly once, at this call, so that a test can see whether its oracle notices.
  var mistakeAt: Int?

  func add(_ entry: Entry, bodyIsWhole: Bool) {
    entries.append(entry)
    if !bodyIsWhole { damagedBodies += 1 }
  }

  func damage() { damagedBodies += 1 }

  /// Writes a call down; answers the number to answer with.
  func note(_ request: borrowing Request, _ number: String) -> String {
    let entry = Entry(method: request.method, number: number, bodyCount: request.body.count)
    let expected = pattern(number, request.body.count)
    var isWhole = true
    for index in request.body.indices where request.body[index] != expected[index] { isWhole = false }
    add(entry, bodyIsWhole: isWhole)
    return self.number(for: entry)
  }

  /// The number to answer with.
  func number(for entry: Entry) -> String {
    guard let mistakeAt, entries.count == mistakeAt + 1, mistakeAt > 0 else { return entry.number }
    return entries[mistakeAt - 1].number
  }
}

/// Byte `index` of the body that belongs to a request or answer, so that a missing or moved byte is seen.
func patternByte(_ number: String, _ index: Int) -> UInt8 {
  UInt8(ascii: "a") + UInt8((index &+ number.utf8.reduce(0) { $0 &+ Int($1) }) % 26)
}

func pattern(_ number: String, _ count: Int) -> [UInt8] {
  let start = Int(patternByte(number, 0) - UInt8(ascii: "a"))
  return (0..<count).map { UInt8(ascii: "a") + UInt8((start + $0) % 26) }
}

func text(_ span: Span<UInt8>) -> String { String(decoding: [UInt8](copying: span), as: UTF8.self) }

/// What `/f/N?size` answers from: a file on a disk, of which each number has a part of its own.
final class NumberedFile {
  private static let contents = pattern("file", 200_026)
  private let tree = TemporaryTree()
  private var source: FileSource?

  static func part(_ number: String, _ size: Int) -> Range<Int> {
    let start = number.utf8.reduce(0) { $0 &* 7 &+ Int($1) } % 26
    return start..<start + size
  }

  static func bytes(_ number: String, _ size: Int) -> [UInt8] { Array(contents[part(number, size)]) }

  func body(_ number: String, _ size: Int) -> Response.Body {
    if source == nil {
      tree.file("f", Self.contents)
      source = try? FileSource(RootDirectory(path: tree.path).open("f".utf8.span, following: .never))
    }
    guard let source else { preconditionFailure("no file in \(tree.path)") }
    return .file(FileBody(source, range: Self.part(number, size)))
  }
}

/// Routes: `/n/N?size` answers N and a pattern of that size; `/early/N` answers 403 without waiting for the
/// body; `/small/N` collects 64 bytes at most; `/a/N?size` answers as `/n` does, from a task that mostly
/// suspends before; `/f/N?size` answers that much of a file. The
/// body's place in memory varies with its size.
func numberedHandler(_ ledger: Ledger, collectBytes: Int = 1 << 20) -> Handler {
  let file = NumberedFile()
  let early = { (number: String) in
    Response(status: 403, mediaType: .text, body: .text("early \(number)"))
  }
  let plan = { (request: borrowing Request) -> BodyPlan in
    let parts = text(request.path).split(separator: "/")
    switch parts.first {
    case "early": return .answer(early(String(parts.last ?? "")))
    case "s": return .stream
    case "small": return .collect(upTo: 64)
    default: return .collect(upTo: collectBytes)
    }
  }
  let rules = plainRules()
  let endpoint: AsynchronousHandler = { (request: borrowing Request) in
    let number = String(text(request.path).split(separator: "/").last ?? "")
    let answered = ledger.note(request, number)
    if let core = Core.current { await suspend(core, number) }
    return numberedAnswer(number, answered, request)
  }
  let asynchronous = AsynchronousEndpoint(endpoint, rules)
  let respond = { (request: borrowing Request) -> Response in
    let parts = text(request.path).split(separator: "/")
    let number = String(parts.last ?? "")
    // The plan is not asked where the body came whole with its head.
    if parts.first == "early" { return early(number) }
    if parts.first == "s", let core = Core.current {
      return core.stream(
        request, rules, { try await streamNumbered(ledger, core, $0, $1) })
    }
    if parts.first == "f" {
      return Response(
        status: 200, mediaType: .text,
        body: file.body(ledger.note(request, number), Int(text(request.query)) ?? 0))
    }
    guard parts.first == "a", let core = Core.current else {
      return numberedAnswer(number, ledger.note(request, number), request)
    }
    return core.answer(request, asynchronous)
  }
  return Handler(plan: plan, respond: respond)
}

/// Reads the body piece by piece and answers as `/n` does, in pieces, with a suspension here and there.
private func streamNumbered(
  _ ledger: Ledger, _ core: Core, _ request: borrowing Request, _ exchange: Exchange
) async throws {
  let number = String(text(request.path).split(separator: "/").last ?? "")
  let answered = ledger.note(request, number)
  let size = Int(text(request.query)) ?? 0
  var count = 0
  while let chunk = try await exchange.read() {
    let bytes = chunk.bytes
    for index in bytes.indices where bytes[index] != patternByte(number, count + index) { ledger.damage() }
    count += chunk.count
    if count % 5 == 0 { await suspend(core, "\(number)\(count)") }
  }
  let content = Array("\(answered):\(count):".utf8) + pattern(answered, size)
  if size % 7 == 0 {
    exchange.send(Response(status: 200, body: .bytes(content)))
    return
  }
  try exchange.start(Response(status: 200), length: size % 2 == 0 ? UInt64(content.count) : nil)
  var offset = 0
  while offset < content.count {
    let end = min(content.count, offset + 1 + (offset * 7 + size) % 700)
    let piece = BodyChunk(copying: content.span.extracting(offset..<end))
    if end % 3 == 0 {
      try await exchange.write(piece)
    } else {
      try exchange.write(copying: piece.bytes)
      try await exchange.didWrite()
    }
    if end % 11 == 0 { try await exchange.flush() }
    if end % 13 == 0 { await suspend(core, "\(number)\(end)") }
    offset = end
  }
  try exchange.finish(trailers: [])
}

/// Not at all, for a moment or for a while, by the number.
private func suspend(_ core: Core, _ number: String) async {
  let choice = number.utf8.reduce(0) { $0 &* 31 &+ Int($1) } % 8
  switch choice {
  case 0...1: break
  case 2...4: for _ in 2...choice { await Task.yield() }
  case 5: await core.executor.sleep(for: .microseconds(300))
  case 6:
    await core.executor.sleep(for: .milliseconds(3))
    await Task.yield()
    await core.executor.sleep(for: .milliseconds(1))
  default: await core.executor.sleep(for: .milliseconds(40))
  }
}

private func numberedAnswer(_ number: String, _ answered: String, _ request: borrowing Request) -> Response {
  let size = Int(text(request.query)) ?? 0
  let content = Array("\(answered):\(request.body.count):".utf8) + pattern(answered, size)
  switch size % 3 {
  case 0: return Response(status: 200, mediaType: .text, body: .bytes(content))
  case 1:
    return Response(status: 200, mediaType: .text, body: .text(String(decoding: content, as: UTF8.self)))
  default:
    return Response(status: 200, mediaType: .text, body: .shared(SharedBytes(content.span)))
  }
}
