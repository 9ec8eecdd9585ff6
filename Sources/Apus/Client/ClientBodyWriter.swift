// ClientBodyWriter: a request's body as it is written. A write waits until the kernel has taken the bytes of
// the last one, so a slow server slows its caller down.

public import ApusEngine
import ApusRing
public import ApusWire

/// The caller has ended the response before the whole body was sent, so the rest of the body is not needed.
/// `ClientBodyWriter.write` throws it, and a producer does not catch it.
public struct BodyNotWanted: Error, Sendable {}

/// Writes a request's body. Lent to a producer for as long as it runs.
public struct ClientBodyWriter: ~Copyable, Sendable {
  let call: ClientCall
  /// The bytes that are left of the announced length; nil for chunks.
  var left: UInt64?
  private var hasWritten = false
  /// Sent behind the last chunk; where there are no chunks, and where a field may not stand in a trailer (RFC
  /// 9110 section 6.5.1), they are left out.
  public var trailers: [ResponseField] = []

  init(_ call: ClientCall, length: UInt64?) {
    self.call = call
    left = length
  }

  /// Writes bytes, which are copied once. Suspends until the kernel has taken them.
  /// - Throws: `BodyNotWanted`, `ClientError`, `CancellationError`. More than the announced length is
  ///   `ClientError.bodyTooLong`, of which nothing is sent.
  public mutating func write(_ bytes: [UInt8]) async throws {
    try await write(BodyChunk(copying: bytes.span))
  }

  /// The same for a text, in UTF-8.
  public mutating func write(_ text: String) async throws {
    try await write(BodyChunk(copying: text.utf8.span))
  }

  /// The same for bytes that may lie there while they are sent: none is copied.
  @concurrent
  public mutating func write(_ chunk: BodyChunk) async throws {
    guard chunk.count > 0 else { return }
    if let left {
      guard UInt64(chunk.count) <= left else {
        throw ClientError.bodyTooLong(excess: UInt64(chunk.count) - left)
      }
      self.left = left - UInt64(chunk.count)
    } else {
      let line = (hasWritten ? "\r\n" : "") + String(chunk.count, radix: 16) + "\r\n"
      call.send(BodyChunk(copying: line.utf8.span))
    }
    hasWritten = true
    call.send(chunk)
    try await flush()
  }

  private func flush() async throws {
    while true {
      if let failure = call.failure { throw call.error(failure) }
      if call.isBodyStopped { throw BodyNotWanted() }
      if call.isFlushed { return }
      await call.suspendWriter()
    }
  }

  /// The end of the body. With an announced length all of it was written.
  func finish() throws {
    if let left {
      guard left == 0 else { throw ClientError.bodyTooShort(missing: left) }
    } else {
      if let refused = trailers.first(where: \.isRefused) { throw ClientError.invalidField(refused.name) }
      var end = hasWritten ? "\r\n0\r\n" : "0\r\n"
      for field in trailers where field.isAllowedInTrailers { end += "\(field.name): \(field.value)\r\n" }
      call.send(BodyChunk(copying: (end + "\r\n").utf8.span))
    }
    call.send(nil)
  }
}
