import ApusTesting
import ApusWire
import Testing

/// Field lines that go on in the next one (RFC 9112 5.2), as a client takes them.
struct FoldedHeadTests {
  @Test(
    arguments: [
      ("X: a\r\n b\r\n", ["X: a b"]), ("X: a \t\r\n \t b\r\n", ["X: a b"]), ("X:\r\n a\r\n", ["X: a"]),
      ("X: a\r\n\t\r\nY: c\r\n", ["X: a", "Y: c"]), ("X: a\r\n b\r\n \r\n\tc\r\n", ["X: a b c"]),
      ("X:\r\n \r\n \r\n", ["X: "]), ("Y: c\r\nX: a\r\n b: c\r\nZ: d\r\n", ["Y: c", "X: a b: c", "Z: d"]),
      ("X: a\r\n \u{E9}\r\n", ["X: a \u{E9}"]),
    ])
  func `a fold is a space, with all white space around it`(lines: String, fields: [String]) {
    let trial = FoldedTrial("HTTP/1.1 200 OK\r\n\(lines)\r\n")
    #expect(trial.outcome == .complete && trial.fields == fields)
  }

  @Test func `fields that decide about framing and persistence are read without their folds`() {
    func head(_ lines: String) -> ReceivedHead { FoldedTrial("HTTP/1.1 200 OK\r\n\(lines)\r\n").head }
    #expect(head("Transfer-Encoding:\r\n chunked\r\n").framing == .chunked)
    #expect(head("Content-Length:\r\n\t5\r\n").framing == .length(5))
    #expect(!head("Content-Length: 1\r\nConnection: x,\r\n close\r\n").keepsAlive)
    #expect(head("Content-Length: 1\r\nKeep-Alive: max=3,\r\n timeout=7\r\n").idleHint == 7)
  }

  @Test(
    arguments: [
      (" X: a\r\n", .foldedLine), ("\t\r\nX: a\r\n", .foldedLine),
      ("Content-Length: 1\r\n 0\r\n", .invalidContentLength),
      ("Content-Length: 5\r\nX: a\r\n b\r\nTransfer-Encoding: chunked\r\n", .lengthWithTransferEncoding),
      ("Transfer-Encoding: chunked,\r\n identity\r\n", .invalidTransferEncoding),
      ("X: a\r\n b\u{0}c\r\n", .invalidFieldValue), ("X: a\r\n b\n c\r\n", .bareLineFeed),
      ("X: a\r\n b\rc\r\n", .bareCarriageReturn), ("X: a\n b\r\n", .bareLineFeed),
      ("X: a\r\n b\r\nY\r\n", .missingColon), ("X: a\r\n b\r\nY : c\r\n", .spaceBeforeColon),
      ("X\r\n : a\r\n", .missingColon),
    ] as [(String, WireError)])
  func `a fold makes nothing good that is bad`(lines: String, error: WireError) {
    #expect(FoldedTrial("HTTP/1.1 200 OK\r\n\(lines)\r\n").outcome == .invalid(error))
  }

  @Test func `a head with folds is held to the limits of any other`() {
    let limits = HeadLimits(requestLineBytes: 64, headBytes: 128, fieldCount: 2)
    let start = "HTTP/1.1 200 OK\r\nA: b\r\n"
    func folded(_ count: Int) -> String {
      start + " " + String(repeating: "c", count: count - 28) + "\r\n\r\n"
    }
    #expect(folded(128).utf8.count == 128)
    #expect(FoldedTrial(folded(128), limits: limits).outcome == .complete)
    #expect(FoldedTrial(folded(129), limits: limits).outcome == .invalid(.headTooLarge))
    let many = start + String(repeating: " c\r\n", count: 10) + "B: d\r\n"
    #expect(FoldedTrial(many + "\r\n", limits: limits).outcome == .complete)
    #expect(FoldedTrial(many + "C: d\r\n\r\n", limits: limits).outcome == .invalid(.tooManyFields))
  }

  @Test func `folds of trailers are taken where those of heads are, and refused elsewhere`() {
    let bytes = wire("1\r\na\r\n0\r\nX: b\r\n\t c\r\nY: d\r\n\r\n")
    for takesFolds in [true, false] {
      var decoder = BodyDecoder(response: .chunked, takesFolds: takesFolds)
      #expect(decoder.decode(bytes.span, from: 0) == .data(3..<4))
      #expect(
        decoder.decode(bytes.span, from: 4)
          == (takesFolds ? .finished(consumed: bytes.count) : .invalid(.invalidTrailer)))
    }
    let fields = ResponseField.trailers(in: bytes.span.extracting(9..<bytes.count))
    #expect(fields.map { "\($0.name): \($0.value)" } == ["X: b c", "Y: d"])
    var first = BodyDecoder(response: .chunked, takesFolds: true)
    #expect(first.decode(wire("0\r\n X: a\r\n\r\n").span, from: 0) == .invalid(.invalidTrailer))
  }
}

/// A head that may have folds, in every way in which its bytes could arrive.
private struct FoldedTrial {
  private(set) var outcome = ParseOutcome.partial
  private(set) var head = ReceivedHead()
  private(set) var fields: [String] = []

  init(
    _ response: String, limits: HeadLimits = HeadLimits(), sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let bytes = wire(response)
    take(bytes, limits, [bytes.count])
    var generator = SeededGenerator(seed: UInt64(bytes.count))
    let cuts =
      (1..<bytes.count).map { [$0, bytes.count] } + [Array(1...bytes.count)]
      + (0..<4).map { _ in
        (0..<8).map { _ in Int.random(in: 1...bytes.count, using: &generator) }.sorted() + [bytes.count]
      }
    for cut in cuts {
      var other = self
      other.take(bytes, limits, cut)
      #expect(
        other.outcome == outcome && other.fields == fields, "cut at \(cut)", sourceLocation: sourceLocation)
    }
  }

  /// Scans the head at each of these lengths, until it has ended.
  private mutating func take(_ bytes: [UInt8], _ limits: HeadLimits, _ counts: [Int]) {
    (outcome, fields) = (.partial, [])
    var scanner = HeadScanner(response: (), takesFolds: true)
    for count in counts {
      switch scanner.scan(bytes.span.extracting(0..<count), limits: limits) {
      case .partial: continue
      case .invalid(let error): outcome = .invalid(error)
      case .complete(let count): parse(bytes.span.extracting(0..<count), limits)
      }
      return
    }
  }

  private mutating func parse(_ bytes: Span<UInt8>, _ limits: HeadLimits) {
    let whole = [UInt8](capacity: bytes.count) { FoldedLines.unfold(bytes, into: &$0) }
    var table = FieldTable(capacity: limits.fieldCount)
    outcome = ResponseParser(limits: limits).parse(whole.span, answering: .get, into: &head, fields: &table)
    guard outcome == .complete else { return }
    let lines = table.span
    for index in lines.indices {
      fields.append("\(text(whole[lines[index].name.range])): \(text(whole[lines[index].value.range]))")
    }
  }
}
