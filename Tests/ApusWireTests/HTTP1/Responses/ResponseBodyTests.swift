import ApusWire
import Testing

/// Bodies as a client frames them.
struct ResponseBodyTests {
  @Test func `a body that ends with the connection is all that comes`() {
    var decoder = BodyDecoder(response: .untilClose)
    let bytes = wire("0\r\n\r\nHTTP/1.1 200 OK\r\n")
    #expect(decoder.decode(bytes.span, from: 0) == .data(0..<bytes.count))
    #expect(decoder.decode(bytes.span, from: bytes.count) == .needMore(consumed: bytes.count))
    #expect(!decoder.isFinished && decoder.remainingContent == nil)
  }

  @Test func `its limit is kept to the byte`() {
    var decoder = BodyDecoder(response: .untilClose, byteLimit: 10)
    let bytes = wire("0123456789X")
    #expect(decoder.decode(bytes.span, from: 0) == .data(0..<10))
    #expect(decoder.decode(bytes.span.extracting(0..<10), from: 10) == .needMore(consumed: 10))
    #expect(decoder.decode(bytes.span, from: 10) == .invalid(.contentTooLarge))
  }

  @Test func `the other framings are those of requests`() {
    let bytes = wire("5\r\nhello\r\n0\r\n\r\n")
    var chunked = BodyDecoder(response: .chunked)
    #expect(chunked.decode(bytes.span, from: 0) == .data(3..<8))
    #expect(chunked.decode(bytes.span, from: 8) == .finished(consumed: bytes.count))
    var fixed = BodyDecoder(response: .length(3))
    #expect(fixed.decode(bytes.span, from: 0) == .data(0..<3))
    #expect(fixed.isFinished)
    #expect(BodyDecoder(response: .none).isFinished)
  }
}
