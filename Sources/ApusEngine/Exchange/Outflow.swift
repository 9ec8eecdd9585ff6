// Outflow: a streamed response, between the handler that writes it and the connection that sends it.

public import ApusWire

/// Why a response cannot be written any further.
public enum AnswerError: Error, Equatable, Sendable {
  /// The connection failed or was closed.
  case connectionLost
  /// The content is longer or shorter than the announced `Content-Length`: the response was aborted.
  case lengthMismatch
  /// The status is 1xx, which no final response has.
  case interimStatus
  /// The status is not valid: below 100 or above 599.
  case invalidStatus(UInt16)
  /// The value of this field, or its name, which is empty then, is text that no field line may contain, such
  /// as a line break.
  case invalidField(String)
  /// The request does not offer this protocol, or a body follows it.
  case noUpgrade
  /// The handler has ended without a response, or in the middle of one.
  case unfinished
  /// The request has its response already, for example because a middleware around a streaming handler has
  /// called `next` twice.
  case answered
  /// The handler used a body or a response outside its request's core: on the main actor, or on an actor with
  /// an executor of its own.
  case elsewhere
  /// The response was not ready in time, see `Timeouts.answer` and `Hook.timeout(_:)`.
  case timedOut

  /// The case as a sentence, for a log.
  package var explanation: String {
    switch self {
    case .connectionLost: "the client has gone"
    case .lengthMismatch: "the content is shorter or longer than its announced length"
    case .interimStatus: "a status of 1xx answers nothing"
    case .invalidStatus(let code): "\(code) is no status; they are 200 to 599"
    case .invalidField(let name):
      name.isEmpty ? "a field's name is none" : "\(name) has a value that no field line can carry"
    case .noUpgrade: "the request does not ask for this upgrade"
    case .unfinished: "the handler has ended without an answer, or in the middle of one"
    case .answered: "the request has its answer already; a middleware may have called next twice"
    case .elsewhere: "a streaming handler was not on its request's core, such as on the main actor"
    case .timedOut: "the answer was not ready in time"
    }
  }

  /// The status of the response if the handler makes none.
  public var status: Status {
    switch self {
    case .timedOut: .serviceUnavailable
    case .connectionLost, .lengthMismatch, .interimStatus, .invalidStatus, .invalidField, .noUpgrade,
      .unfinished, .answered, .elsewhere:
      .internalServerError
    }
  }
}

struct Outflow {
  enum State {
    /// Nothing was sent yet.
    case none
    /// A whole response waits in `whole`.
    case whole
    /// The head was given; content follows.
    case streaming
    /// All content was given.
    case finished
    /// The content was ended early.
    case aborted
  }

  /// The way in which the content is delimited. A protocol with frames will have a case of its own.
  enum Framing {
    /// In chunks (RFC 9112 section 7.1), as its length is not announced.
    case chunks
    case length(UInt64)
    /// By the end of the connection: HTTP/1.0, and after an upgrade.
    case close
    /// There is no content: HEAD, 204, 205, 304. Written bytes are dropped.
    case none
  }

  var state = State.none
  var whole: Response?
  /// The head, until the connection has taken it.
  var head: Response?
  /// Value of `Content-Length`; nil for content of unknown length.
  var announced: UInt64?
  /// Set when the head is written.
  var framing = Framing.none
  var headIsWritten = false
  var closeReason: CloseReason?
  /// The status in the written head.
  var status = Status.ok
  /// Content that the handler has written so far.
  var given: UInt64 = 0
  /// Content that the outbox has taken.
  var taken: UInt64 = 0
  var trailers: [ResponseField] = []
  /// The core has ended the response, not its handler.
  var wasEnded = false
  /// A response of the core replaces the head that the handler gave.
  var isReplaced = false

  private var chunks = ChunkQueue()
  /// A chunk was sent in place, and the CRLF after it is still to be written.
  var owesLineEnd = false
  /// The kernel has taken everything that the outbox took.
  var outboxIsEmpty = true
  /// The writer, while it waits for room or for a flush.
  var waiter = Waiter()
  /// It waits for a flush.
  var waitsForFlush = false
  private var gathering: BodyBuffer?

  /// A writer waits while more bytes than this are unsent.
  var roomyBytes = 64 << 10
  private static let gatheredBytes = 16 << 10

  /// Bytes that the outbox has not taken.
  var waitingBytes: Int { chunks.byteCount }
  var isRoomy: Bool { waitingBytes <= roomyBytes }
  var isFlushed: Bool { chunks.isEmpty && outboxIsEmpty && head == nil }

  mutating func give(_ chunk: BodyChunk) {
    guard chunk.count > 0 else { return }
    given += UInt64(chunk.count)
    gathering = nil
    chunks.append(chunk)
  }

  /// Copies bytes; small writes are collected and sent together.
  mutating func give(copying bytes: Span<UInt8>) {
    guard bytes.count > 0 else { return }
    given += UInt64(bytes.count)
    var offset = 0
    while offset < bytes.count {
      if gathering == nil || gathering!.room == 0 {
        gathering = BodyBuffer(max(Self.gatheredBytes, min(bytes.count - offset, 65_536)))
      }
      let start = gathering!.count
      let taken = gathering!.append(bytes.extracting(offset..<bytes.count))
      offset += taken
      chunks.extend(with: BodyChunk(gathering!, start..<start + taken))
    }
  }

  var hasChunk: Bool { !chunks.isEmpty }
  /// Bytes of the next chunk; 0 if there is none.
  var nextChunkCount: Int { chunks.nextCount }

  mutating func takeChunk() -> BodyChunk? {
    guard let chunk = chunks.popFirst() else { return nil }
    taken += UInt64(chunk.count)
    return chunk
  }

  mutating func resume() { waiter.resume() }

  /// Resumes the writer if its condition is met.
  mutating func resumeIfReady() {
    if waitsForFlush ? isFlushed : isRoomy { waiter.resume() }
  }

  /// Nothing more will be sent.
  mutating func drop() {
    chunks = ChunkQueue()
    gathering = nil
    resume()
  }
}
