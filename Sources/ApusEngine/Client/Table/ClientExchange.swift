// ClientExchange: one request and its response, between the task that makes it and the connection that
// carries it. It is claimed when the request begins and freed when its caller is done with the response.

import ApusRing
import ApusWire

package struct ClientExchange {
  enum Phase: UInt8 {
    case free
    /// Has not asked for a connection yet, or is to be retried.
    case fresh
    /// In the pool's queue.
    case waiting
    /// Holds the lease of a member that is to be connected; waits for addresses.
    case granted
    /// The connect is in flight.
    case connecting
    /// On a connection; the response's head is not complete yet.
    case underWay
    /// The response's head is complete.
    case responding
    /// The response is complete.
    case complete
    case failed
  }

  var phase = Phase.free
  /// Tells a late cancel from one that is meant for this exchange.
  var serial: UInt32 = 0
  var client: Index<ClientHome> = 0
  var member = Pool.Member.none
  var connection = Index<ClientConnection>.none
  var isReused = false
  var waiterID: Pool.WaiterID?
  /// The task that waits for the response.
  var waiter = Waiter()
  /// The task that writes the body and waits until it has left.
  var writer = Waiter()
  var method = Method.get
  /// The chunk that is sent first, if it stands alone. `outgoing` has the chunks still to be sent, in order.
  var message: BodyChunk?
  var outgoing: [BodyChunk] = []
  var outgoingStart = 0
  /// More chunks will be given.
  var hasMoreToSend = false
  /// The connection is not to be reused, whatever the server says.
  var closesConnection = false
  /// The rest of the request's body is not wanted.
  var isBodyStopped = false
  /// In this attempt: bytes of the request that were submitted, less those that the kernel did not take
  /// (bytes in flight when the connection ends may have been sent), and bytes of the response that were
  /// received.
  var sentBytes: UInt64 = 0
  var receivedBytes: UInt64 = 0
  /// A 100 has come.
  var maySend = false
  /// The interim responses of this attempt.
  var interims = InterimCount()
  /// Its task waits for a 100, for a limited time.
  var awaitsLeave = false
  var failure: ClientFailure?
  /// The response's head and its fields.
  var response: ResponseCopy?
  /// The caller keeps the head and the content that came behind it, though the rest does not come.
  var hasBrokenAnswer = false
  /// Content that waits for its reader.
  var inbox = ClientInbox()
  /// The trailer section as received.
  var trailers: [UInt8] = []
  var deadline = Tick(rawValue: .max)
  var armedFor = Tick(rawValue: .max)
  var totalDeadline = Tick(rawValue: .max)
  /// It is a relay's: interim heads are kept for it, and it may switch protocols.
  var isRelayed = false
  var mayUpgrade = false
  /// The connection is a tunnel now; an idle timeout ends it.
  var isTunnel = false
  /// Interim heads that its relay has not taken, without the fields of this connection.
  var interimHeads: [UInt8] = []
  // The race for a connection.
  var addresses: [SocketAddress] = []
  var nextAddress = 0
  var racers: [Index<ClientConnection>] = []
  var lastErrno: Int32 = 0
  // Facts for its caller.
  var identity: UInt64 = 0
  var uses: UInt32 = 0
  /// The idle time of its connection before this exchange, in ticks.
  var idleTicks: UInt64 = 0
  var ageTicks: UInt64 = 0

  /// Ready for the next exchange; memory that it will need again is kept.
  mutating func reset() {
    // Field by field: a new value in its place would be made, copied and destroyed with each request.
    phase = .free
    serial &+= 1
    member = .none
    connection = .none
    isReused = false
    waiterID = nil
    waiter = Waiter()
    writer = Waiter()
    message = nil
    if !outgoing.isEmpty { outgoing = [] }
    outgoingStart = 0
    hasMoreToSend = false
    closesConnection = false
    isBodyStopped = false
    sentBytes = 0
    receivedBytes = 0
    maySend = false
    interims = InterimCount()
    awaitsLeave = false
    failure = nil
    hasBrokenAnswer = false
    inbox.reset()
    if !trailers.isEmpty { trailers = [] }
    isRelayed = false
    mayUpgrade = false
    isTunnel = false
    if !interimHeads.isEmpty { interimHeads = [] }
    deadline = Tick(rawValue: .max)
    totalDeadline = Tick(rawValue: .max)
    if !addresses.isEmpty { addresses = [] }
    nextAddress = 0
    if !racers.isEmpty { racers = [] }
    lastErrno = 0
  }

  var hasUnsent: Bool { message != nil || outgoingStart < outgoing.count }
  /// The whole request was submitted to the kernel.
  var isSent: Bool { !hasUnsent && !hasMoreToSend }
}

/// Content of a response on its way to its reader.
struct ClientInbox {
  private var chunks = ChunkQueue()
  /// The buffer that small pieces are copied into.
  private var gathering: BodyBuffer?

  var isEmpty: Bool { chunks.isEmpty }
  var byteCount: Int { chunks.byteCount }

  mutating func next() -> BodyChunk? { chunks.popFirst() }

  /// All that came, if it lies in one piece at the start of one buffer; nil otherwise, or if nothing came.
  var only: (buffer: BodyBuffer, count: Int)? {
    guard let chunk = chunks.only, chunk.range.lowerBound == 0 else { return nil }
    return (chunk.buffer, chunk.count)
  }

  /// Appends bytes that may stay where they are.
  mutating func append(_ chunk: BodyChunk) { chunks.append(chunk) }

  /// Copies bytes that are lent for the call.
  mutating func append(_ bytes: Span<UInt8>) {
    var offset = 0
    while offset < bytes.count {
      if gathering == nil || gathering!.room == 0 {
        gathering = BodyBuffer(max(2048, min(65_536, bytes.count - offset)))
      }
      let start = gathering!.count
      let taken = gathering!.append(bytes.extracting(offset..<bytes.count))
      chunks.extend(with: BodyChunk(gathering!, start..<start + taken))
      offset += taken
    }
  }

  /// Empties the inbox; the memory is reused if nothing else refers to it.
  mutating func reset() {
    chunks.removeAll()
    if gathering != nil {
      if gathering!.capacity <= Self.keptBytes, isKnownUniquelyReferenced(&gathering!) {
        gathering!.received(0)
      } else {
        gathering = nil
      }
    }
  }

  /// A larger buffer is not kept for the next response.
  private static let keptBytes = 4096
}
