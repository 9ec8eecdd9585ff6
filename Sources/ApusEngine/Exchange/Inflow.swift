// Inflow: a streamed request body between the connection that decodes it and the handler that reads it. It
// holds what the handler asked for and no more: what it has not asked for waits raw, or in the kernel.

public import ApusWire

/// Why a body ended before its end.
public enum BodyError: Error, Equatable, Sendable {
  /// The connection failed, or the peer closed it in the middle of the body.
  case connectionLost
  /// The peer sent nothing for `Timeouts.bodyStall`, or less than the minimum rate.
  case stalled
  /// The bytes are no body (RFC 9112 sections 6 and 7): the status and the sentence that say so.
  case malformed(Status, String)
  /// More than `collect(upTo:)` allows.
  case tooLarge
  /// The answer was finished before.
  case answered

  /// What the request deserves if the handler does not answer it otherwise. A client that has gone is not
  /// answered; 499 is what logs and hooks have.
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
  /// nil while more may come.
  var ending: Ending? = .whole
  var trailers: [ResponseField] = []
  /// Bytes that the framing says will come; nil for chunks.
  var expectedCount: UInt64?
  /// The reader, while it waits.
  var waiter = Waiter()
  /// Leave to send the body was asked for, and has not been given.
  var owesContinue = false
  /// Whoever would have read it has said that it will not.
  var isDeclined = false
  /// Where small pieces are gathered.
  private var gathering: BodyBuffer?

  /// More is asked for than is here.
  var isWanted: Bool { waiter.isWaiting && chunks.isEmpty && ending == nil }

  mutating func next() -> BodyChunk? { chunks.popFirst() }

  mutating func append(_ chunk: BodyChunk) { chunks.append(chunk) }

  /// Copies bytes that are lent for the call.
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
