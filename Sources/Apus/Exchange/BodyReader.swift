// BodyReader: a request body as it comes. Nothing is received that was not asked for: a handler that is slow
// makes its peer slow, and holds some quarter of a MiB meanwhile, besides the chunks that it keeps.

public import ApusEngine
public import ApusWire

/// Reads one request's body, in order. Lent to a streaming handler for as long as it runs.
public struct BodyReader: ~Copyable, Sendable {
  let held: HeldExchange

  /// Bytes that the request announced (`Content-Length`), or 0 without a body; nil for a chunked one.
  public var expectedCount: UInt64? { held.ifCurrent?.expectedBodyCount }

  /// The next piece; nil at the end. Suspends until some of the body has come. The first read gives a client
  /// that sent `Expect: 100-continue` leave to go on (RFC 9110 section 10.1.1).
  /// - Throws: `BodyError`, which answers for itself if the handler lets it pass; `CancellationError`.
  public mutating func read() async throws -> BodyChunk? { try await held.use().read() }

  /// All of what is left. A body that announces more than `limit` is refused before any of it is read.
  /// - Throws: `BodyError.tooLarge`, which answers 413; what `read` throws.
  public mutating func collect(upTo limit: Int) async throws -> [UInt8] {
    if let expected = expectedCount, expected > UInt64(max(0, limit)) { throw BodyError.tooLarge }
    var bytes: [UInt8] = []
    while let chunk = try await read() {
      if bytes.count + chunk.count > limit { throw BodyError.tooLarge }
      bytes.append(copying: chunk.bytes)
    }
    return bytes
  }

  /// Reads and drops what is left, up to `limit` bytes.
  /// - Throws: `BodyError.tooLarge`; what `read` throws.
  public mutating func discard(upTo limit: UInt64 = .max) async throws {
    var count: UInt64 = 0
    while let chunk = try await read() {
      count += UInt64(chunk.count)
      if count > limit { throw BodyError.tooLarge }
    }
  }

  /// The fields after the last chunk (RFC 9112 section 7.1.2), once the body has been read to its end. Fields
  /// that a trailer may not carry are left out.
  public var trailers: [ResponseField] { held.ifCurrent?.trailers ?? [] }
}
