// Visitor: asks a FileHandler as the engine would, from the text of a request, with a
// clock that the test sets.

import Apus
import ApusEngine
import ApusRing
import ApusTestSupport
import ApusWire
import Testing

/// A root, its handler, and a clock that only the test moves.
final class Visitor {
  let tree: TemporaryTree
  let handler: FileHandler
  /// The machine's clock, from which a test's hour begins.
  var unixSeconds: Int64
  var now = Instant(nanoseconds: 1_000_000_000_000)

  /// Far enough from the epoch that files of the test are neither young nor from the future.
  static let fileTime = 1_709_618_828  // Tue, 05 Mar 2024 06:07:08 GMT

  init(
    _ tree: TemporaryTree = TemporaryTree(), _ configure: (inout StaticFiles) -> Void = { _ in }
  ) throws {
    var configuration = StaticFiles(root: tree.absolute("html"))
    configure(&configuration)
    self.tree = tree
    handler = try FileHandler(configuration)
    unixSeconds = Int64(Self.fileTime) + 86_400
  }

  func pass(seconds: Double) {
    now.nanoseconds += UInt64(seconds * 1e9)
    unixSeconds = Int64(Self.fileTime) + 86_400 + Int64((Double(now.nanoseconds) - 1e12) / 1e9)
  }

  func get(_ target: String, _ fields: String...) -> Reply { ask("GET", target, fields) }
  func head(_ target: String, _ fields: String...) -> Reply { ask("HEAD", target, fields) }

  func ask(_ method: String, _ target: String, _ fields: [String] = [], below mount: String = "") -> Reply {
    let lines = ["\(method) \(target) HTTP/1.1", "Host: files.test"] + fields
    let bytes = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    var head = RequestHead()
    var table = FieldTable(capacity: 100)
    var parser = RequestParser()
    let outcome = parser.parse(bytes.span, into: &head, fields: &table)
    precondition(outcome == .complete, "the test's request is refused: \(outcome)")
    let path = [UInt8](capacity: bytes.count) { output in
      let fault = TargetPath.normalise(bytes.span.extracting(head.path.range), into: &output)
      precondition(fault == nil, "the test's path has no normal form")
    }
    let body: [UInt8] = []
    let request = Request(
      head: head, bytes: bytes.span.extracting(0..<head.byteCount), fields: table.span, path: path.span,
      body: body.span, now: now, unixSeconds: unixSeconds)
    let below = path.span.extracting(mount.utf8.count..<path.count)
    return Reply(handler.respond(to: request, path: below))
  }
}

/// What a visitor would see of an answer.
struct Reply {
  let response: Response
  let fields: [(name: String, value: String)]
  /// nil where the answer comes from a file that is not in memory.
  let body: String?

  init(_ response: Response) {
    self.response = response
    var fields = response.fields.map { (name: $0.name.lowercased(), value: $0.value) }
    if let type = response.mediaType { fields.append(("content-type", type.text)) }
    if let rendered = response.renderedFields {
      let text = String(decoding: [UInt8](copying: rendered.span), as: UTF8.self)
      precondition(text.isEmpty || text.hasSuffix("\r\n"), "rendered fields that do not end in CRLF: \(text)")
      for line in text.split(separator: "\r\n") {
        guard let colon = line.firstIndex(of: ":") else { preconditionFailure("no field: \(line)") }
        fields.append((line[..<colon].lowercased(), String(line[line.index(after: colon)...].dropFirst())))
      }
    }
    self.fields = fields
    body =
      switch response.body {
      case .none: ""
      case .text(let text): text
      case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
      case .shared(let bytes): String(decoding: [UInt8](copying: bytes.span), as: UTF8.self)
      case .rendered(let bytes, _):
        String(decoding: [UInt8](copying: bytes.span)[bytes.firstPartBytes...], as: UTF8.self)
      case .part(let part): Self.text(part)
      case .file: nil
      case .pending, .received: preconditionFailure("a file's answer does not wait")
      }
  }

  private static func text(_ part: SharedPart) -> String {
    let whole = part.whole
    return String(decoding: [UInt8](copying: whole.span)[part.range], as: UTF8.self)
  }

  var status: UInt16 { response.status.code }
  var length: UInt64 { response.body.count }

  subscript(name: String) -> String? {
    let values = fields.filter { $0.name == name }.map(\.value)
    precondition(values.count < 2, "\(name) more than once")
    return values.first
  }

  /// The body as the engine would send it, read from the file if need be; nil if the
  /// file is too short by now.
  func sentBody() -> [UInt8]? {
    guard case .file(let file) = response.body else { return body.map { Array($0.utf8) } }
    var sent: [UInt8] = []
    var offset = file.range.lowerBound
    while offset < file.range.upperBound {
      var count = min(FileSource.pieceByteLimit, file.range.upperBound - offset)
      switch file.source.piece(offset: offset, count: count, promisedEnd: file.range.upperBound) {
      case .tooShort: return nil
      case .resident(let region):
        count = region.count
        sent += UnsafeRawBufferPointer(start: region.base, count: region.count)
      case .read, .readNow:
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
        defer { block.deallocate() }
        let region = WritableRegion(base: block.baseAddress!, count: count)
        guard file.source.readNow(offset: offset, into: region) else { return nil }
        sent += block
      }
      offset += count
    }
    return sent
  }
}

/// Index, text, 1,000 bytes of the alphabet, a directory without an index, things that are not for visitors.
func fixture() -> TemporaryTree {
  let tree = TemporaryTree()
  tree.file("secret.txt", "TOPSECRET")
  for directory in ["html", "html/sub", "html/sub/.git", "html/bare", "html/.well-known"] {
    tree.directory(directory)
  }
  tree.file("html/index.html", "OK")
  tree.file("html/sub/index.html", "SUB")
  tree.file("html/sub/.git/config", "c")
  tree.file("html/.hidden", "hid")
  tree.file("html/.well-known/security.txt", "Contact")
  tree.file("html/empty.txt", "")
  tree.file("html/range.txt", (0..<1000).map { UInt8(ascii: "a") + UInt8($0 % 26) })
  tree.file("html/sp ace.txt", "sp")
  tree.file("html/✓.txt", "ck")
  tree.link("html/link-out.txt", to: "../secret.txt")
  tree.link("html/link-in.txt", to: "range.txt")
  for name in ["index.html", "sub/index.html", "empty.txt", "range.txt", "sp ace.txt", "✓.txt"] {
    tree.touch("html/\(name)", seconds: Visitor.fileTime)
  }
  return tree
}
