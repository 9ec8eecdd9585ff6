// ContentDecoding: the content of one response on its way from what was received to what its reader sees.

import ApusEngine
import ApusWire

struct ContentDecoding: Sendable {
  /// As the head names it.
  let name: String
  private let decoder: any ContentDecoder
  /// Received, and not used up.
  private var input: BodyChunk?
  /// The last piece was full: more may come of what is used up.
  private var mayHoldMore = false
  private var hasBegun = false
  private var failure: ClientError?

  /// Decoded pieces: several of what was received, since it grows, and no more than a reader wants at once.
  private static let pieceBytes = 4 << 10...64 << 10

  /// nil if the content is read as it comes: it has no coding, or another than these.
  init?(_ response: borrowing ClientResponse, _ codings: [ContentCoding]) throws(ClientError) {
    let named = response.headers("content-encoding")
    guard named.count == 1, response.hasContent else { return nil }
    let name = named[0].lowercased()
    guard let coding = codings.first(where: { $0.isNamed(name) }) else { return nil }
    guard let decoder = coding.decoder() else { throw Self.error(.noMemory, name) }
    self.name = name
    self.decoder = decoder
  }

  /// Takes what was received, once `next` has no more.
  mutating func take(_ chunk: BodyChunk) {
    precondition(input == nil, "\(input?.count ?? 0) bytes are not decoded yet")
    hasBegun = true
    input = chunk
  }

  /// The next piece; nil if more must be received first.
  mutating func next() throws(ClientError) -> BodyChunk? {
    if let failure { throw failure }
    guard input != nil || mayHoldMore else { return nil }
    let room = min(max(4 * (input?.count ?? 0), Self.pieceBytes.lowerBound), Self.pieceBytes.upperBound)
    let buffer = BodyBuffer(room)
    do throws(ContentDecodingError) {
      repeat { try decode(into: buffer) } while input != nil && buffer.room > 0
    } catch {
      failure = Self.error(error, name)
      // The reader gets the bytes that were decoded before the error first.
      if buffer.count == 0 { throw Self.error(error, name) }
    }
    mayHoldMore = buffer.room == 0 && !decoder.isWhole
    return buffer.count > 0 ? BodyChunk(buffer, 0..<buffer.count) : nil
  }

  private mutating func decode(into buffer: BodyBuffer) throws(ContentDecodingError) {
    let before = buffer.count
    guard let chunk = input else {
      _ = try decode(Span(), buffer)
      return
    }
    let used = try decode(chunk.bytes, buffer)
    // A decoder that neither reads nor writes where it could do both would be asked for ever.
    if used == 0, buffer.count == before { throw .malformed }
    input = used < chunk.count ? chunk.dropFirst(used) : nil
  }

  private func decode(_ bytes: Span<UInt8>, _ buffer: BodyBuffer) throws(ContentDecodingError) -> Int {
    var used = 0
    try buffer.append { (output) throws(ContentDecodingError) in
      used = try decoder.decode(bytes, into: &output)
    }
    return used
  }

  /// The content ends here.
  func finish() throws(ClientError) {
    if hasBegun, !decoder.isWhole { throw .malformedContent("its \(name) coding ends too early") }
  }

  private static func error(_ error: ContentDecodingError, _ name: String) -> ClientError {
    switch error {
    case .malformed: .malformedContent("it is not in \(name) coding, as its head says")
    case .noMemory: .malformedContent("there is no memory to undo its \(name) coding")
    }
  }
}
