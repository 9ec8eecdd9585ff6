// Outflow: an answer that is written as it comes, between the handler that writes it and the
// connection that sends it.

public import ApusWire

/// Why an answer cannot be written any further.
public enum AnswerError: Error, Equatable, Sendable {
  /// The connection failed or was closed.
  case connectionLost
  /// More than the announced `Content-Length`, or less: the answer was aborted.
  case lengthMismatch
  /// A status of 1xx, which no answer ends with.
  case interimStatus
  /// A number that is no status: below 100, or beyond 599.
  case invalidStatus(UInt16)
  /// The value of this field, or its name, which is empty then, is text that no field line can carry, such
  /// as one with a line break.
  case invalidField(String)
  /// The request does not offer this protocol, or a body follows it.
  case noUpgrade
  /// The handler has ended without an answer, or in the middle of one.
  case unfinished
  /// The request has its answer already, such as where a middleware around a streaming handler
  /// has called `next` twice.
  case answered
  /// A body is read and an answer written on the request's core, and the handler was elsewhere: on the main
  /// actor, or on an actor with an executor of its own.
  case elsewhere
  /// The answer was not ready in time, see `Timeouts.answer` and `Hook.timeout(_:)`.
  case timedOut

  /// A sentence for a log.
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

  /// What the request deserves if the handler does not answer it otherwise.
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
    /// A whole answer waits in `whole`.
    case whole
    /// The head was given; content follows.
    case streaming
    /// All content was given.
    case finished
    /// The content ended before its end.
    case aborted
  }

  /// How the content is delimited. A protocol with frames of its own will have a case of its own.
  enum Framing {
    /// In chunks (RFC 9112 section 7.1), as its length is not announced.
    case chunks
    case length(UInt64)
    /// By the end of the connection: HTTP/1.0, and after an upgrade.
    case close
    /// There is none: HEAD, 204, 304. What is written is dropped.
    case none
  }

  var state = State.none
  var whole: Response?
  /// The head, until the connection has taken it.
  var head: Response?
  /// What `Content-Length` is to say; nil for content of unknown length.
  var announced: UInt64?
  /// Decided on when the head is written.
  var framing = Framing.none
  var headIsWritten = false
  var closeReason: CloseReason?
  /// As the head said.
  var status = Status.ok
  /// Content given by the handler so far.
  var given: UInt64 = 0
  /// Content handed to the outbox.
  var taken: UInt64 = 0
  var trailers: [ResponseField] = []
  /// The core has ended the answer, not its handler.
  var wasEnded = false
  /// An answer of the core's stands in place of the head that the handler gave.
  var isReplaced = false

  private var chunks = ChunkQueue()
  /// A chunk was sent from where it lies, and its CRLF is still to be written.
  var owesLineEnd = false
  /// Everything that was taken is with the kernel.
  var outboxIsEmpty = true
  /// The writer, while it waits for room or for a flush.
  var waiter = Waiter()
  /// It waits for the flush.
  var waitsForFlush = false
  private var gathering: BodyBuffer?

  /// A writer waits beyond this many bytes.
  var roomyBytes = 64 << 10
  private static let gatheredBytes = 16 << 10

  /// Bytes that no send has taken.
  var waitingBytes: Int { chunks.byteCount }
  var isRoomy: Bool { waitingBytes <= roomyBytes }
  var isFlushed: Bool { chunks.isEmpty && outboxIsEmpty && head == nil }

  mutating func give(_ chunk: BodyChunk) {
    guard chunk.count > 0 else { return }
    given += UInt64(chunk.count)
    gathering = nil
    chunks.append(chunk)
  }

  /// Copies bytes; small writes are gathered, and leave together.
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
  /// Bytes of the chunk that is next; 0 without one.
  var nextChunkCount: Int { chunks.nextCount }

  mutating func takeChunk() -> BodyChunk? {
    guard let chunk = chunks.popFirst() else { return nil }
    taken += UInt64(chunk.count)
    return chunk
  }

  mutating func resume() { waiter.resume() }

  /// Resumes the writer if what it waits for has come.
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
