// The chunked coding (RFC 9112 7.1), one state per place in its grammar. White space that the grammar calls
// bad (BWS) is accepted where it is allowed, a line that ends in anything but CRLF nowhere.

extension BodyDecoder {
  enum State: UInt8, Sendable {
    case fixed, untilClose, finished, tooLarge
    case sizeStart, size, sizeBlank
    case extensionName, extensionNameMore, extensionNameBlank
    case extensionValue, extensionToken, extensionQuoted, extensionEscape, extensionValueEnd,
      extensionValueBlank
    case sizeLineFeed
    case content, contentReturn, contentLineFeed
    case trailerStart, trailerName, trailerValue, trailerLineFeed, endLineFeed
  }

  mutating func decodeChunks(_ bytes: Span<UInt8>, from offset: Int) -> BodyStep {
    var cursor = offset
    while cursor < bytes.count {
      if state == .content {
        let range = takeContent(bytes, from: cursor)
        if remaining == 0 { state = .contentReturn }
        return .data(range)
      }
      if let error = take(bytes[cursor]) { return .invalid(error) }
      cursor &+= 1
      if state == .finished { return .finished(consumed: cursor) }
    }
    return .needMore(consumed: cursor)
  }

  /// Takes one byte that is not content.
  private mutating func take(_ byte: UInt8) -> WireError? {
    switch state {
    case .contentReturn:
      guard byte == ASCII.carriageReturn else { return .missingChunkEnd }
      state = .contentLineFeed
    case .contentLineFeed:
      guard byte == ASCII.lineFeed else { return .missingChunkEnd }
      state = .sizeStart
    case .trailerStart, .trailerName, .trailerValue, .trailerLineFeed, .endLineFeed:
      return takeTrailer(byte)
    default:
      lineBytes += 1
      if lineBytes > ChunkLimits.lineBytes { return .chunkLineTooLong }
      return takeSizeLine(byte)
    }
    return nil
  }

  /// `chunk-size [ chunk-ext ] CRLF`.
  private mutating func takeSizeLine(_ byte: UInt8) -> WireError? {
    switch state {
    case .sizeStart, .size:
      if let digit = byte.hexValue {
        // The top five bits must be free: a chunk is at most 2^63 - 1 bytes long.
        guard remaining >> 59 == 0 else { return .chunkSizeOverflow }
        remaining = remaining << 4 | UInt64(digit)
        state = .size
        return nil
      }
      guard state == .size else { return .invalidChunkSize }
      return endOfElement(byte, blank: .sizeBlank, otherwise: .invalidChunkSize)
    case .sizeBlank:
      return endOfElement(byte, blank: .sizeBlank, otherwise: .invalidChunkSize, isBlank: true)
    case .sizeLineFeed:
      guard byte == ASCII.lineFeed else { return .bareCarriageReturn }
      return endOfSizeLine()
    default:
      return takeExtension(byte)
    }
  }

  /// What may stand behind a size, an extension's name or its value: CR, a semicolon, or white space
  /// that leads to a semicolon.
  private mutating func endOfElement(
    _ byte: UInt8, blank: State, otherwise error: WireError, isBlank: Bool = false
  ) -> WireError? {
    switch byte {
    case ASCII.semicolon: state = .extensionName
    case ASCII.space, ASCII.tab: state = blank
    case ASCII.carriageReturn where !isBlank: state = .sizeLineFeed
    case ASCII.lineFeed: return .bareLineFeed
    default: return error
    }
    return nil
  }

  /// `BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ]`.
  private mutating func takeExtension(_ byte: UInt8) -> WireError? {
    switch state {
    case .extensionName:
      if byte.isBlank { return nil }
      guard byte.isIn(ByteClass.token) else { return .invalidChunkExtension }
      state = .extensionNameMore
    case .extensionNameMore:
      if byte.isIn(ByteClass.token) { return nil }
      if byte == ASCII.equals {
        state = .extensionValue
        return nil
      }
      return endOfElement(byte, blank: .extensionNameBlank, otherwise: .invalidChunkExtension)
    case .extensionNameBlank:
      if byte == ASCII.equals {
        state = .extensionValue
        return nil
      }
      return endOfElement(byte, blank: .extensionNameBlank, otherwise: .invalidChunkExtension, isBlank: true)
    case .extensionValue:
      if byte.isBlank { return nil }
      guard byte == ASCII.quote || byte.isIn(ByteClass.token) else { return .invalidChunkExtension }
      state = byte == ASCII.quote ? .extensionQuoted : .extensionToken
    case .extensionToken:
      if byte.isIn(ByteClass.token) { return nil }
      return endOfElement(byte, blank: .extensionValueBlank, otherwise: .invalidChunkExtension)
    case .extensionQuoted:
      guard byte.isIn(ByteClass.text) else {
        return byte == ASCII.lineFeed ? .bareLineFeed : .invalidChunkExtension
      }
      if byte == ASCII.quote { state = .extensionValueEnd }
      if byte == ASCII.backslash { state = .extensionEscape }
    case .extensionEscape:
      guard byte.isIn(ByteClass.text) else { return .invalidChunkExtension }
      state = .extensionQuoted
    case .extensionValueEnd:
      return endOfElement(byte, blank: .extensionValueBlank, otherwise: .invalidChunkExtension)
    case .extensionValueBlank:
      return endOfElement(byte, blank: .extensionValueBlank, otherwise: .invalidChunkExtension, isBlank: true)
    default:
      preconditionFailure("state \(state) is none of a chunk extension")
    }
    return nil
  }

  /// The size is known: content follows, or the trailer section.
  private mutating func endOfSizeLine() -> WireError? {
    if let error = countExcess() { return error }
    lineBytes = 0
    if remaining == 0 {
      state = .trailerStart
      return nil
    }
    guard remaining <= allowance else { return .contentTooLarge }
    allowance -= remaining
    state = .content
    return nil
  }

  /// Extensions cost the sender one byte and us one look each, for ever; a body that is
  /// mostly framing is no body.
  private mutating func countExcess() -> WireError? {
    let fair = ChunkLimits.fairLineBytes + 2 * UInt32(min(remaining, UInt64(UInt16.max)))
    let total = UInt32(excess) + UInt32(lineBytes)
    excess = UInt16(total > fair ? total - fair : 0)
    return excess > ChunkLimits.excess ? .tooMuchChunkOverhead : nil
  }
}

/// Bounds on what frames a chunked body.
enum ChunkLimits {
  /// Bytes of a chunk's first line with its CRLF: sixteen digits and some extensions.
  static let lineBytes: UInt16 = 512
  /// What every chunk's first line may use without being counted as excess, besides two
  /// bytes per byte of content.
  static let fairLineBytes: UInt32 = 16
  /// Excess over a whole body, bytes.
  static let excess: UInt16 = 16_384
  /// Bytes of the trailer section.
  static let trailerBytes: UInt16 = 8_192
  static let trailerCount: UInt8 = 64
}
