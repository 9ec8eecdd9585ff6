// The trailer section behind the last chunk (RFC 9112 7.1.2). Its lines are held to the grammar of
// field lines and counted. Whoever wants them keeps the bytes itself (ConnectionTable+Reading): here they are
// dropped, so no trailer can ever be taken for a field of the head (RFC 9110 6.5.1).

extension BodyDecoder {
  /// Takes one byte of the section or of the empty line that ends it.
  mutating func takeTrailer(_ byte: UInt8) -> WireError? {
    lineBytes += 1
    if lineBytes > ChunkLimits.trailerBytes { return .trailersTooLarge }
    switch state {
    case .trailerStart:
      if byte == ASCII.carriageReturn {
        state = .endLineFeed
        return nil
      }
      if takesFolds, trailerCount > 0, byte.isBlank {
        state = .trailerValue
        return nil
      }
      guard byte.isIn(ByteClass.token) else {
        return byte == ASCII.lineFeed ? .bareLineFeed : .invalidTrailer
      }
      trailerCount += 1
      if trailerCount > ChunkLimits.trailerCount { return .trailersTooLarge }
      state = .trailerName
    case .trailerName:
      if byte.isIn(ByteClass.token) { return nil }
      guard byte == ASCII.colon else { return .invalidTrailer }
      state = .trailerValue
    case .trailerValue:
      if byte.isIn(ByteClass.text) { return nil }
      guard byte == ASCII.carriageReturn else {
        return byte == ASCII.lineFeed ? .bareLineFeed : .invalidTrailer
      }
      state = .trailerLineFeed
    case .trailerLineFeed:
      guard byte == ASCII.lineFeed else { return .bareCarriageReturn }
      state = .trailerStart
    default:
      guard byte == ASCII.lineFeed else { return .bareCarriageReturn }
      state = .finished
    }
    return nil
  }
}
