import ApusWire
import Testing

/// Bodies of known length, and what all bodies have in common.
struct BodyDecoderTests {
  @Test func `a body of known length ends with its last byte`() {
    let trial = BodyTrial("helloGET /", .length(5))
    #expect(trial.content == "hello")
    #expect(trial.end == .finished(5))
  }

  @Test func `a short body wants more`() {
    let trial = BodyTrial("hell", .length(5))
    #expect(trial.content == "hell")
    #expect(trial.end == .wantsMore)
  }

  @Test func `no body and an empty body have ended already`() {
    for framing in [BodyFraming.none, .length(0)] {
      var decoder = BodyDecoder(framing)
      #expect(decoder.isFinished)
      #expect(decoder.decode(wire("next").span, from: 0) == .finished(consumed: 0))
    }
  }

  @Test func `decoding starts where the head ended`() {
    let bytes = wire("head\r\n\r\nhello")
    var decoder = BodyDecoder(.length(5))
    #expect(decoder.decode(bytes.span, from: 8) == .data(8..<13))
    #expect(decoder.decode(bytes.span, from: 13) == .finished(consumed: 13))
    #expect(decoder.decode(bytes.span, from: 13) == .finished(consumed: 13))
  }

  @Test func `the remaining count is known for a length and not for chunks`() {
    var decoder = BodyDecoder(.length(5))
    #expect(decoder.remainingContent == 5)
    #expect(decoder.decode(wire("he").span, from: 0) == .data(0..<2))
    #expect(decoder.remainingContent == 3)
    #expect(BodyDecoder(.none).remainingContent == 0)
    var chunked = BodyDecoder(.chunked)
    #expect(chunked.remainingContent == nil)
    #expect(chunked.decode(wire("0\r\n\r\n").span, from: 0) == .finished(consumed: 5))
    #expect(chunked.remainingContent == 0)
  }

  @Test func `a length beyond the limit is refused before any byte`() {
    #expect(BodyTrial("", .length(10), byteLimit: 10).end == .wantsMore)
    var decoder = BodyDecoder(.length(11), byteLimit: 10)
    #expect(decoder.decode([UInt8]().span, from: 0) == .invalid(.contentTooLarge))
  }

  @Test func `the largest length is counted without overflow`() {
    var decoder = BodyDecoder(.length(UInt64(Int64.max)))
    let piece = [UInt8](repeating: 0, count: 100)
    #expect(decoder.decode(piece.span, from: 0) == .data(0..<100))
    #expect(decoder.decode(piece.span, from: 100) == .needMore(consumed: 100))
  }

  @Test func `a decoder is small enough for every connection to have one`() {
    #expect(MemoryLayout<BodyDecoder>.size <= 24)
  }
}
