// BodyTrial: decodes a body in every way in which its bytes could arrive, and insists that all agree.

import ApusTesting
import ApusWire
import Testing

/// What a decoder made of some bytes.
struct BodyTrial: Equatable {
  enum End: Equatable {
    /// The body ended, so many bytes into the input.
    case finished(Int)
    case wantsMore
    case invalid(WireError)
  }

  var content: String
  var end: End

  private init(content: String, end: End) {
    self.content = content
    self.end = end
  }

  /// Decodes `input` whole, byte by byte, cut once at every offset, and cut at random.
  init(
    _ input: String, _ framing: BodyFraming = .chunked, byteLimit: UInt64 = .max,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let bytes = wire(input)
    self = Self.decode([bytes], framing, byteLimit)
    let single = bytes.map { [$0] }
    #expect(
      Self.decode(single, framing, byteLimit).end == end, "byte by byte", sourceLocation: sourceLocation)
    for cut in 0...bytes.count where bytes.count < 3000 || cut % 97 == 0 {
      let trial = Self.decode([Array(bytes[..<cut]), Array(bytes[cut...])], framing, byteLimit)
      #expect(trial == self, "cut at \(cut)", sourceLocation: sourceLocation)
    }
    var generator = SeededGenerator(seed: UInt64(bytes.count))
    for _ in 0..<8 {
      let trial = Self.decode(Self.pieces(of: bytes, &generator), framing, byteLimit)
      #expect(trial == self, "seed \(bytes.count)", sourceLocation: sourceLocation)
    }
  }

  static func pieces(of bytes: [UInt8], _ generator: inout SeededGenerator) -> [[UInt8]] {
    var pieces: [[UInt8]] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = Int.random(in: 0...min(rest.count, 20), using: &generator)
      pieces.append(Array(rest.prefix(count)))
      rest = rest.dropFirst(count)
    }
    return pieces
  }

  /// The loop that the decoder's documentation gives, over one piece after another.
  static func decode(_ pieces: [[UInt8]], _ framing: BodyFraming, _ byteLimit: UInt64 = .max) -> BodyTrial {
    var decoder = BodyDecoder(framing, byteLimit: byteLimit)
    var content: [UInt8] = []
    var base = 0
    for piece in pieces {
      var offset = 0
      reading: while true {
        switch decoder.decode(piece.span, from: offset) {
        case .data(let range):
          #expect(range.lowerBound >= offset && !range.isEmpty && range.upperBound <= piece.count)
          content += piece[range]
          offset = range.upperBound
        case .needMore(let consumed):
          #expect(consumed == piece.count)
          break reading
        case .finished(let consumed):
          #expect(decoder.isFinished)
          return BodyTrial(content: text(content), end: .finished(base + consumed))
        case .invalid(let error):
          return BodyTrial(content: text(content), end: .invalid(error))
        }
      }
      base += piece.count
    }
    return BodyTrial(content: text(content), end: decoder.isFinished ? .finished(base) : .wantsMore)
  }
}
