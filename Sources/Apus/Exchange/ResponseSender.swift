// ResponseSender and ResponseWriter: an answer in one piece, or as it is written. Both can be used once:
// sending twice, or writing after the end, does not compile.

public import ApusEngine
public import ApusWire

/// Answers one request. A handler that returns without sending has failed: 500.
public struct ResponseSender: ~Copyable, Sendable {
  let held: HeldExchange

  /// Whether the server has been told to end: an answer that would go on for long is better not begun.
  public var isDraining: Bool { held.isDraining }

  /// Answers in one piece. Elsewhere than on the request's core (see ``AnswerError/elsewhere``) nothing is
  /// sent, which is 500 when the handler ends.
  public consuming func send(_ response: Response) { try? held.use().send(response) }

  /// Begins an answer whose content follows. Its own content, if it has any, is left out.
  ///
  /// - Parameters:
  ///   - head: Status and fields.
  ///   - length: `Content-Length`, which the writer is then held to. Without it the content is sent in
  ///     chunks, or to a client that knows none (HTTP/1.0) up to the end of the connection.
  /// - Throws: `AnswerError`: `.connectionLost`; `.interimStatus` for a head of 1xx, `.invalidStatus` for
  ///   what is no status, `.invalidField` for text that no field line can carry, and `.answered` where a
  ///   middleware has called the handler again behind its answer.
  public consuming func start(_ head: Response = .empty(.ok), length: UInt64? = nil) throws -> ResponseWriter
  {
    try held.use().start(head, length: length)
    return ResponseWriter(held: held)
  }

  /// Switches protocols: 101, and from then on the connection is the caller's. Ask
  /// `Request.upgradeProtocol` before; a handler that declines answers as usual, and what the client sent
  /// behind its request is read as its next one.
  ///
  /// - Parameters:
  ///   - name: A protocol that the client offers, with its version if it has one; or
  ///     several, with commas between.
  ///   - fields: Further lines of the head.
  /// - Throws: `AnswerError.noUpgrade` if the request does not offer it (RFC 9110 section 7.8), or has
  ///   a body; `.invalidField`.
  public consuming func upgrade(
    to name: String, fields: [ResponseField] = []
  ) throws -> UpgradedConnection {
    try held.use().upgrade(to: name, fields: fields)
    return UpgradedConnection(reader: BodyReader(held: held), writer: ResponseWriter(held: held))
  }
}

/// Writes an answer's content. Dropped without `finish`, the answer is aborted: the connection is reset, so
/// that the client never takes a part for the whole.
public struct ResponseWriter: ~Copyable, Sendable {
  let held: HeldExchange

  /// Whether the server has been told to end: an answer without an end of its own is to find one
  /// within `Timeouts.drain`.
  public var isDraining: Bool { held.isDraining }

  /// Writes bytes that may lie there while they are sent: none is copied, from 16 KiB on. Suspends
  /// while more than 64 KiB wait.
  /// - Throws: `AnswerError`, `CancellationError`.
  public mutating func write(_ chunk: BodyChunk) async throws { try await held.use().write(chunk) }

  /// Copies and writes bytes. All bytes that are written before the handler suspends are sent together.
  public mutating func write(_ bytes: [UInt8]) async throws {
    let exchange = try held.use()
    try exchange.write(copying: bytes.span)
    try await exchange.didWrite()
  }

  /// Copies and writes a text, in UTF-8.
  public mutating func write(_ text: String) async throws {
    let exchange = try held.use()
    try exchange.write(copying: text.utf8.span)
    try await exchange.didWrite()
  }

  /// Waits until everything written is with the kernel.
  public mutating func flush() async throws { try await held.use().flush() }

  /// Ends the content.
  /// - Parameter trailers: Sent behind the last chunk; where there are no chunks, and where a field may not
  ///   stand in a trailer (RFC 9110 section 6.5.1), they are left out.
  /// - Throws: `AnswerError.lengthMismatch` if less was written than was announced;
  ///   the answer is aborted then.
  public consuming func finish(trailers: [ResponseField] = []) throws {
    try held.use().finish(trailers: trailers)
  }

  // Elsewhere than on its core it is the handler's end that aborts.
  deinit { held.ifCurrent?.abort() }
}

/// A connection after 101: bytes in both directions, without framing. Without `finish` it is reset at its
/// end.
public struct UpgradedConnection: ~Copyable, Sendable {
  var reader: BodyReader
  var writer: ResponseWriter

  /// Whether the server has been told to end. The handler should then end the other protocol in that
  /// protocol's way: a connection that is still open when `Timeouts.drain` is over is reset.
  public var isDraining: Bool { writer.isDraining }

  /// The next bytes that the peer sent; nil at its FIN. The bytes after its request come first.
  public mutating func read() async throws -> BodyChunk? { try await reader.read() }

  /// As `ResponseWriter.write`.
  public mutating func write(_ chunk: BodyChunk) async throws { try await writer.write(chunk) }

  /// Copies and writes bytes.
  public mutating func write(_ bytes: [UInt8]) async throws { try await writer.write(bytes) }

  /// Waits until everything written is with the kernel.
  public mutating func flush() async throws { try await writer.flush() }

  /// Sends the rest, then FIN; what the peer still sends is dropped.
  public consuming func finish() throws { try writer.finish() }
}
