import ApusTesting
import ApusWire
import Testing

/// The chunked coding (RFC 9112 7.1), to the letter.
struct ChunkedTests {
  @Test(arguments: [
    ("5\r\nhello\r\n0\r\n\r\n", "hello"), ("1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", "abc"), ("0\r\n\r\n", ""),
    ("A\r\n0123456789\r\n0\r\n\r\n", "0123456789"), ("a\r\n0123456789\r\n0\r\n\r\n", "0123456789"),
    ("005\r\nhello\r\n000\r\n\r\n", "hello"), ("2\r\n\r\n\r\n0\r\n\r\n", "\r\n"),
    ("5;a\r\nhello\r\n0\r\n\r\n", "hello"), ("5;a=b\r\nhello\r\n0\r\n\r\n", "hello"),
    ("5;a=\"b;c\"\r\nhello\r\n0\r\n\r\n", "hello"), ("5;a=\"b\\\"c\"\r\nhello\r\n0\r\n\r\n", "hello"),
    ("5;a=\"\"\r\nhello\r\n0\r\n\r\n", "hello"), ("5;a;b=c;d=\"e\"\r\nhello\r\n0;x=y\r\n\r\n", "hello"),
    ("5 ; a = b\r\nhello\r\n0\r\n\r\n", "hello"), ("5\t;\ta\t=\t\"b\" ;c\r\nhello\r\n0\r\n\r\n", "hello"),
    ("5;a =b;c\r\nhello\r\n0\r\n\r\n", "hello"), ("5;a=b ;c\r\nhello\r\n0\r\n\r\n", "hello"),
    ("5\r\nhello\r\n0\r\nX-T: v\r\n\r\n", "hello"),
    ("5\r\nhello\r\n0\r\nX:\r\nY: caf\u{E9}\t\r\n\r\n", "hello"),
    ("0\r\nContent-Length: 50\r\nTransfer-Encoding: chunked\r\n\r\n", ""),
  ])
  func `a well-formed body is decoded, and ends where it ends`(input: String, content: String) {
    let trial = BodyTrial(input)
    #expect(trial.content == content)
    #expect(trial.end == .finished(wire(input).count))
    #expect(BodyTrial(input + "GET / HTTP/1.1\r\n").end == trial.end)
  }

  @Test(arguments: [
    // Sizes.
    ("\r\n", WireError.invalidChunkSize), ("G\r\n", .invalidChunkSize), ("0x5\r\n", .invalidChunkSize),
    ("+5\r\n", .invalidChunkSize), ("-5\r\n", .invalidChunkSize), ("5_0\r\n", .invalidChunkSize),
    (" 5\r\n", .invalidChunkSize), ("5 5\r\n", .invalidChunkSize), ("5,\r\n", .invalidChunkSize),
    ("5\0\r\n", .invalidChunkSize), ("5.\r\n", .invalidChunkSize), (";a\r\n", .invalidChunkSize),
    ("INVALID\r\nGET / HTTP/1.1\r\n", .invalidChunkSize), ("5\t\r\n", .invalidChunkSize),
    ("5 \r\n", .invalidChunkSize), ("5\u{B2}\r\n", .invalidChunkSize),
    ("8000000000000000\r\n", .chunkSizeOverflow), ("FFFFFFFFFFFFFFFF\r\n", .chunkSizeOverflow),
    ("10000000000000005\r\n", .chunkSizeOverflow),
    ("100000000000000000000000000000000\r\n", .chunkSizeOverflow),
    // Line ends.
    ("5\nhello\r\n", .bareLineFeed), ("5\rhello\r\n", .bareCarriageReturn),
    ("5\r\r\nhello", .bareCarriageReturn),
    ("5;a\nb\r\n", .bareLineFeed), ("5;a=b\nc\r\n", .bareLineFeed), ("5;a=\"b\nc\"\r\n", .bareLineFeed),
    ("5;a\rb\r\n", .bareCarriageReturn), ("5;a=\"b\"\n", .bareLineFeed),
    // Extensions.
    ("5;\r\n", .invalidChunkExtension), ("5;a=\r\n", .invalidChunkExtension),
    ("5;a \r\n", .invalidChunkExtension),
    ("5;a=b \r\n", .invalidChunkExtension), ("5;a\0\r\n", .invalidChunkExtension),
    ("5;a=\"b\0\"\r\n", .invalidChunkExtension), ("5;a=\"b\\\u{01}\"\r\n", .invalidChunkExtension),
    ("5;a=\"b\"c\r\n", .invalidChunkExtension), ("5;=b\r\n", .invalidChunkExtension),
    ("5;;a\r\n", .invalidChunkExtension), ("5;a==b\r\n", .invalidChunkExtension),
    ("5;a=\"b\r\n", .invalidChunkExtension), ("5;(a)\r\n", .invalidChunkExtension),
    // Ends of chunks.
    ("5\r\nhello0\r\n", .missingChunkEnd), ("5\r\nhelloXX0\r\n", .missingChunkEnd),
    ("5\r\nhello\n0\r\n", .missingChunkEnd), ("5\r\nhello\r0\r\n", .missingChunkEnd),
    ("5\r\nhello!\r\n", .missingChunkEnd),
    // Trailers.
    ("0\r\nbad trailer\r\n\r\n", .invalidTrailer), ("0\r\nX : y\r\n\r\n", .invalidTrailer),
    ("0\r\n: y\r\n\r\n", .invalidTrailer), ("0\r\n X: y\r\n\r\n", .invalidTrailer),
    ("0\r\nX: a\0\r\n\r\n", .invalidTrailer), ("0\r\nX: a\r\n b\r\n\r\n", .invalidTrailer),
    ("0\r\nX: y\n\r\n", .bareLineFeed), ("0\r\n\n", .bareLineFeed), ("0\r\nX: y\r\r\n", .bareCarriageReturn),
    ("0\r\n\rX", .bareCarriageReturn), ("0\r\nNoColon\r\n\r\n", .invalidTrailer),
  ])
  func `a malformed body is refused for its first fault`(input: String, error: WireError) {
    #expect(BodyTrial(input).end == .invalid(error))
    #expect(error.status == .badRequest)
  }

  @Test(arguments: [
    "", "5", "5\r", "5\r\n", "5\r\nhel", "5\r\nhello", "5\r\nhello\r", "5\r\nhello\r\n", "5\r\nhello\r\n0",
    "5\r\nhello\r\n0\r\n", "0\r\n\r", "0\r\nX", "0\r\nX: y\r\n", "5;a=\"b", "7FFFFFFFFFFFFFFF\r\nx",
  ])
  func `an unfinished body that is right so far waits for more`(input: String) {
    #expect(BodyTrial(input).end == .wantsMore)
  }

  @Test func `a field after the last chunk is a trailer and not a request`() {
    let trial = BodyTrial("0\r\nX:GET / HTTP/1.1\r\nHost: localhost\r\n\r\nrest")
    #expect(trial.content == "")
    #expect(trial.end == .finished(wire("0\r\nX:GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").count))
  }

  @Test func `a chunk's first line is bounded`() {
    #expect(BodyTrial(String(repeating: "0", count: 510) + "\r\n\r\n").end == .finished(514))
    #expect(BodyTrial(String(repeating: "0", count: 511) + "\r\n\r\n").end == .invalid(.chunkLineTooLong))
    #expect(BodyTrial("5;" + String(repeating: "a", count: 20_000)).end == .invalid(.chunkLineTooLong))
  }

  @Test func `a body that is mostly extensions is refused`() {
    let chunk = "1;" + String(repeating: "a", count: 400) + "\r\nx\r\n"
    #expect(
      BodyTrial(String(repeating: chunk, count: 30) + "0\r\n\r\n").end == .finished(30 * 406 + 30 * 1 + 5))
    #expect(BodyTrial(String(repeating: chunk, count: 100)).end == .invalid(.tooMuchChunkOverhead))
  }

  @Test func `small chunks without extensions are no excess however many they are`() {
    let trial = BodyTrial.decode(
      [wire(String(repeating: "1\r\nx\r\n", count: 50_000) + "0\r\n\r\n")], .chunked)
    #expect(trial.end == .finished(50_000 * 6 + 5))
    #expect(trial.content.utf8.count == 50_000)
  }

  @Test func `the trailer section is bounded in bytes and in fields`() {
    func section(_ count: Int) -> String { "0\r\n" + String(repeating: "X-T: v\r\n", count: count) + "\r\n" }
    #expect(BodyTrial(section(64)).end == .finished(64 * 8 + 5))
    #expect(BodyTrial(section(65)).end == .invalid(.trailersTooLarge))
    let long = "0\r\nX: " + String(repeating: "v", count: 10_000)
    #expect(BodyTrial(long).end == .invalid(.trailersTooLarge))
    #expect(WireError.trailersTooLarge.status == .requestHeaderFieldsTooLarge)
  }

  @Test func `content beyond the limit is refused at the chunk that exceeds it`() {
    #expect(BodyTrial("5\r\nhello\r\n0\r\n\r\n", byteLimit: 5).end == .finished(15))
    let trial = BodyTrial("3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n", byteLimit: 5)
    #expect(trial.content == "abc")
    #expect(trial.end == .invalid(.contentTooLarge))
    #expect(WireError.contentTooLarge.status == .contentTooLarge)
  }

  @Test(arguments: 1...20)
  func `random content is encoded and decoded again, however it is cut`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var content: [UInt8] = []
    var body: [UInt8] = []
    for _ in 0..<Int.random(in: 0...12, using: &generator) {
      let count = Int.random(in: 1...70, using: &generator)
      let chunk = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
      let size = String(count, radix: 16, uppercase: Bool.random(using: &generator))
      let ext = ["", ";a", ";a=b", ";a=\"b;\\\"c\""].randomElement(using: &generator)!
      body += wire(
        String(repeating: "0", count: Int.random(in: 0...3, using: &generator)) + size + ext + "\r\n")
      body += chunk + wire("\r\n")
      content += chunk
    }
    let trailers = ["", "X: y\r\n", "X: y\r\nZ:\r\n"].randomElement(using: &generator)!
    body += wire("0\r\n\(trailers)\r\n")
    let expected = body.count
    body += wire("GET")
    for _ in 0..<50 {
      let trial = BodyTrial.decode(BodyTrial.pieces(of: body, &generator), .chunked)
      #expect(trial.content == text(content), "seed \(seed)")
      #expect(trial.end == .finished(expected), "seed \(seed)")
    }
  }
}
