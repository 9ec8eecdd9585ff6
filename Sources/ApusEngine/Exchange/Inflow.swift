// Inflow: a streamed request body between the connection that decodes it and the handler that reads it. It
// holds only bytes that the handler asked for; all others wait raw, or in the kernel.

public import ApusWire

/// Why a body ended before its end.
public enum BodyError: Error, Equatable, Sendable {
  /// The connection failed, or the peer closed it in the middle of the body.
  case connectionLost
  /// The peer sent nothing for `Timeouts.bodyStall`, or less than the minimum rate.
  case stalled
  /// The bytes are no valid body (RFC 9112 sections 6 and 7); status and explanation of the error.
  case malformed(Status, String)
  /// The body is larger than `collect(upTo:)` allows.
  case tooLarge
  /// The response was finished before.
  case answered

  /// The status of the response if the handler makes none. A client that has gone gets no response; logs and
  /// hooks show 499.
  public var status: Status {
    switch self {
    case .connectionLost, .answered: .clientClosedRequest
    case .stalled: .requestTimeout
    case .malformed(let status, _): status
    case .tooLarge: .contentTooLarge
    }
  }
}

struct Inflow {
  enum Ending {
    case whole
    case failed(BodyError)
  }

  private var chunks = ChunkQueue()
  /// nil while more may arrive.
  var ending: Ending? = .whole
  var trailers: [ResponseField] = []
  /// Length of the body by its framing; nil for chunks.
  var expectedCount: UInt64?
  /// The reader, while it waits.
  var waiter = Waiter()
  /// The client waits for a 100 (Continue), which has not been sent.
  var owesContinue = false
  /// The handler or relay has said that it will not read the body.
  var isDeclined = false
  /// The buffer that collects small pieces.
  private var gathering: BodyBuffer?

  /// The reader waits for bytes that have not arrived.
  var isWanted: Bool { waiter.isWaiting && chunks.isEmpty && ending == nil }

  mutating func next() -> BodyChunk? { chunks.popFirst() }

  mutating func append(_ chunk: BodyChunk) { chunks.append(chunk) }

  /// Copies bytes that are valid only during the call.
  mutating func append(copying bytes: Span<UInt8>) {
    var offset = 0
    while offset < bytes.count {
      if gathering == nil || gathering!.room == 0 {
        gathering = BodyBuffer(max(4096, min(65_536, bytes.count - offset)))
      }
      let start = gathering!.count
      let taken = gathering!.append(bytes.extracting(offset..<bytes.count))
      chunks.append(BodyChunk(gathering!, start..<start + taken))
      offset += taken
    }
  }

  mutating func resume() { waiter.resume() }

  mutating func end(_ ending: Ending) {
    if self.ending == nil { self.ending = ending }
    gathering = nil
    resume()
  }
}
