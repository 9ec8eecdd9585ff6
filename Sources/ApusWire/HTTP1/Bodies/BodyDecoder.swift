// BodyDecoder: where the body's bytes are in what was received. It works in place: it names ranges and copies
// nothing. One per request with a body; the whole of its state is in itself, so input may be cut anywhere.

/// What a decoder says of the bytes from the given offset on.
package enum BodyStep: Equatable, Sendable {
  /// These bytes are content; decode on from the range's upper bound.
  case data(Range<Int>)
  /// Everything up to `consumed`, which is the end of the bytes, has been used. Decode on
  /// from the first new byte.
  case needMore(consumed: Int)
  /// The body ended; the next message starts at `consumed`.
  case finished(consumed: Int)
  /// The connection cannot be used any further.
  case invalid(WireError)
}

/// Delimits a body of known length or in chunks (RFC 9112 6.2, 7.1).
///
///     var offset = 0
///     reading: while true {
///       switch decoder.decode(bytes, from: offset) {
///       case .data(let range): consume(bytes.extracting(range)); offset = range.upperBound
///       case .needMore: break reading             // and come back with the next bytes, from offset 0
///       case .finished(let end): ...; break reading
///       case .invalid(let error): ...; break reading
///       }
///     }
package struct BodyDecoder: Sendable {
  /// Content still to come in this body (`length`) or chunk, or allowed for it (`untilClose`); while a
  /// chunk's size is being read, its value so far.
  var remaining: UInt64
  /// Content that may still come before the limit.
  var allowance: UInt64
  var state: State
  /// Bytes of the chunk's first line, or of the trailer section, so far.
  var lineBytes: UInt16 = 0
  /// Framing beyond what fair chunks need, see `ChunkLimits.excess`.
  var excess: UInt16 = 0
  var trailerCount: UInt8 = 0
  /// Lines of the trailer section may go on in the next line (RFC 9112 5.2).
  var takesFolds = false

  /// A decoder for a body framed so.
  ///
  /// - Parameter byteLimit: Content beyond this many bytes is `contentTooLarge`; for a known length at once.
  package init(_ framing: BodyFraming, byteLimit: UInt64 = .max) {
    allowance = byteLimit
    switch framing {
    case .none:
      remaining = 0
      state = .finished
    case .length(let count):
      remaining = count
      state = count == 0 ? .finished : count > byteLimit ? .tooLarge : .fixed
    case .chunked:
      remaining = 0
      state = .sizeStart
    }
  }

  /// A decoder for the body of a response.
  ///
  /// One that ends with the connection is never `finished`: whoever sees the connection end knows. Its
  /// content beyond `byteLimit` is `contentTooLarge`. `takesFolds`: folded trailer lines are taken.
  package init(response framing: ResponseFraming, byteLimit: UInt64 = .max, takesFolds: Bool = false) {
    switch framing {
    case .none: self.init(BodyFraming.none, byteLimit: byteLimit)
    case .length(let count): self.init(BodyFraming.length(count), byteLimit: byteLimit)
    case .chunked: self.init(BodyFraming.chunked, byteLimit: byteLimit)
    case .untilClose:
      self.init(BodyFraming.none, byteLimit: byteLimit)
      remaining = byteLimit
      state = .untilClose
    }
    self.takesFolds = takesFolds
  }

  /// Whether the end of the body has been seen.
  package var isFinished: Bool { state == .finished }

  /// Bytes of the trailer section and of the empty line behind it that have been used.
  package var trailerByteCount: Int {
    switch state {
    case .trailerStart, .trailerName, .trailerValue, .trailerLineFeed, .endLineFeed, .finished: Int(lineBytes)
    default: 0
    }
  }

  /// Content still to come, as far as the framing says; nil for chunks that have not ended. Whoever drains an
  /// unread body asks before it starts.
  package var remainingContent: UInt64? {
    switch state {
    case .finished: 0
    case .fixed, .tooLarge: remaining
    default: nil
    }
  }

  /// Decodes from `offset`. Call it again after `data`; nothing is skipped, nothing is reported twice.
  package mutating func decode(_ bytes: Span<UInt8>, from offset: Int) -> BodyStep {
    precondition(offset >= 0 && offset <= bytes.count, "offset \(offset) of \(bytes.count)")
    switch state {
    case .finished: return .finished(consumed: offset)
    case .tooLarge: return .invalid(.contentTooLarge)
    case .fixed:
      if offset == bytes.count { return .needMore(consumed: offset) }
      let range = takeContent(bytes, from: offset)
      if remaining == 0 { state = .finished }
      return .data(range)
    case .untilClose:
      if offset == bytes.count { return .needMore(consumed: offset) }
      return remaining == 0 ? .invalid(.contentTooLarge) : .data(takeContent(bytes, from: offset))
    default:
      return decodeChunks(bytes, from: offset)
    }
  }

  /// The content that is here, taken off what remains.
  mutating func takeContent(_ bytes: Span<UInt8>, from offset: Int) -> Range<Int> {
    let count = min(remaining, UInt64(bytes.count - offset))
    remaining -= count
    return offset..<offset + Int(count)
  }
}
