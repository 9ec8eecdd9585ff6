// A libFuzzer target for chunked bodies, see scripts/fuzz.

/// One input: a chunked body, or the beginning of one, or noise. Its first byte chooses how it is cut.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzChunkedBody(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let start, count > 0 else { return 0 }
  // Safety: libFuzzer lends `count` bytes for the duration of the call.
  let input = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
  let step = Int(input[0] & 15) + 1
  let body = Array(input.dropFirst())
  let whole = ChunkedFuzz(body, step: max(1, body.count))
  require(whole == ChunkedFuzz(body, step: 1), "byte by byte it is another body")
  require(whole == ChunkedFuzz(body, step: step), "in pieces of \(step) it is another body")
  if case .finished(let end) = whole.end {
    require(end <= body.count, "end past the input")
    // What follows the end changes nothing.
    require(ChunkedFuzz(Array(body[..<end]), step: max(1, end)) == whole, "what follows a body changes it")
    require(whole.content.count < end, "more content than bytes")
  }
  return 0
}

/// What a decoder makes of a body that comes in pieces of `step` bytes.
struct ChunkedFuzz: Equatable {
  enum End: Equatable { case finished(Int), wantsMore, invalid(WireError) }

  private(set) var content: [UInt8] = []
  private(set) var end = End.wantsMore

  init(_ body: [UInt8], step: Int) {
    var decoder = BodyDecoder(.chunked, byteLimit: 1 << 20)
    var base = 0
    while base < body.count {
      let piece = Array(body[base..<min(body.count, base + step)])
      var offset = 0
      reading: while true {
        switch decoder.decode(piece.span, from: offset) {
        case .data(let range):
          require(range.lowerBound == offset || range.lowerBound > offset, "range \(range) from \(offset)")
          require(!range.isEmpty && range.upperBound <= piece.count, "range \(range) of \(piece.count)")
          content += piece[range]
          offset = range.upperBound
        case .needMore(let consumed):
          require(consumed == piece.count, "\(consumed) of \(piece.count) used")
          break reading
        case .finished(let consumed):
          require(consumed >= offset && consumed <= piece.count, "end \(consumed) of \(piece.count)")
          end = .finished(base + consumed)
          return
        case .invalid(let error):
          end = .invalid(error)
          return
        }
      }
      base += step
    }
  }
}
