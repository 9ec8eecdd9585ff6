// SimulatedKernel: io_uring, TCP and time in one deterministic machine. `SimulatedRing` puts submissions in
// and takes completions out; peers act by virtual time; one seed decides every delay and fault.
//
// The promises of the real kernel hold here too: an operation completes once (a multishot one ends once), the
// completions of one socket's receive keep their order, bytes are neither lost nor doubled while the
// connection lives. All else may vary. A mistake of the engine (the use of a slot after its close, two sends
// at once, a close over an operation) does not trap: it is recorded in `violations` and found by `audit()`,
// where the seed is known.

package import ApusRing
internal import Glibc

package final class SimulatedKernel {
  package struct Configuration: Sendable {
    package var seed: UInt64 = 1
    package var faults = Faults.none
    package var sabotage: Sabotage?
    /// Entries of the ring's file table; an accept beyond loses its connection, as with direct descriptors.
    package var slotCount = 64
    /// Addresses that are listened on; a peer says which it comes by.
    package var listenerCount = 1
    /// Slots above these, for connections that the engine opens.
    package var ownSlotCount = 0
    /// How long a connect takes.
    package var connectNanoseconds: ClosedRange<Int> = 0...0
    /// The probability that a connect is refused though somebody listens.
    package var connectRefusal = 0.0
    /// Connects that are refused before any is not.
    package var refusedConnects = 0
    package var bufferCount = 32
    package var bufferBytes = 1024
    /// As a ring says that encrypts: no mapping may be sent.
    package var readsSends = false
    /// Our send buffer and the peer's receive window together.
    package var sendWindowBytes = 65_536
    /// Bytes that wait unreceived before the peer's sends block.
    package var receiveWindowBytes = 65_536
    /// Virtual time that each turn takes.
    package var turnNanoseconds: ClosedRange<Int> = 0...0
    /// How late a wait returns; what happens meanwhile joins the batch.
    package var wakeNanoseconds: ClosedRange<Int> = 0...0
    /// Clocks at the start.
    package var start = Instant(nanoseconds: 1_000_000_000)
    package var unixSeconds: Int64 = 1_700_000_000

    package init(seed: UInt64 = 1, faults: Faults = .none) {
      self.seed = seed
      self.faults = faults
    }
  }

  /// A mistake that the simulation makes on purpose, so that a test can see whether its oracle notices.
  package enum Sabotage: Sendable {
    /// This send (counted from 0) is acknowledged, and nothing arrives.
    case dropsSend(Int)
    /// This send arrives twice.
    case doublesSend(Int)
    /// This close does not happen.
    case forgetsClose(Int)
  }

  enum Submission {
    case accept(listener: Int, Token)
    case receive(Slot, Token)
    case receiveFirst(Slot, Token)
    case receiveInto(Slot, WritableRegion, Token)
    case send(Slot, ReadableRegion, ReadableRegion?, Token)
    case fileSend(Slot, FilePart, Token)
    case sendSilently(Slot, ReadableRegion, Token)
    case connect(Slot, SocketAddress, ReadableRegion?, connect: Token, send: Token, receive: Token)
    case shutdown(Slot, saying: ReadableRegion?, Token)
    case cancel(Slot, operation: Token, Token)
    case close(Slot, saying: ReadableRegion?, reset: Bool, Token)
    case cancelAndClose(Slot, saying: ReadableRegion?, receive: Token, cancel: Token, Token)
    case peerAddress(Slot, Token)
    case read(Int32, UInt64, WritableRegion, Token)
    case write(ReadableRegion, Token)
    case wake(Token)
  }

  enum Event {
    case complete(Entry)
    case peerConnects(SimulatedPeer)
    case peerActs(SimulatedPeer)
    case peerReads(SimulatedPeer)
    case receiveContinues(SimulatedSocket)
    case sendContinues(SimulatedSocket)
    case cancelTakesEffect(SimulatedSocket, serial: UInt64)
    case shutdownTakesEffect(SimulatedSocket, Token)
    case connectEnds(Slot, serial: Int)
    case wakeRings
  }

  /// A completion and whose operation it ends.
  struct Entry {
    var completion: Completion
    var socket: SimulatedSocket?
  }

  package let configuration: Configuration
  package private(set) var statistics = Statistics()
  /// Waits never reach beyond it; they return early, as on a signal.
  package var horizon = Instant(nanoseconds: .max)
  package internal(set) var violations: [String] = []
  package internal(set) var peers: [SimulatedPeer] = []
  /// The bytes that the engine wrote to its log.
  package internal(set) var logged: [UInt8] = []
  /// Bytes that its file still takes, and the errno of a write beyond.
  package var logRoom = Int.max
  package var logErrno = ENOSPC

  let buffers: SimulatedBuffers
  var random: SeededGenerator
  var clock: UInt64
  var events = EventQueue()
  var submissions: [Submission] = []
  var completions: [Entry] = []
  var reaped = 0
  /// Sockets by slot; nil where the slot is free.
  var sockets: [SimulatedSocket?]
  /// Sockets that were closed while a receive was under way: their connections live until it ends.
  var orphans: [(socket: SimulatedSocket, since: UInt64)] = []
  /// No slot below is free.
  var lowestFree = 0
  var listeners: [SimulatedListener]
  /// Peers that the engine's next connects reach, in this order.
  var servers: [SimulatedPeer] = []
  /// The peer that a connect to an address reaches, in place of `servers`; nil where nobody listens.
  var connector: ((SocketAddress) -> SimulatedPeer?)?
  /// Connects under way, by slot.
  var connects: [Slot: SimulatedConnect] = [:]
  var connectSerial = 0
  /// Slots whose connect failed: their sockets are there until they are closed.
  var unconnected: Set<Slot> = []
  var handshakes = 0
  var wake: Token?
  var wakeIsRung = false
  /// Reads and writes of files whose completion has not been reaped.
  var fileOperations = 0

  package init(_ configuration: Configuration) {
    self.configuration = configuration
    random = SeededGenerator(seed: configuration.seed)
    clock = configuration.start.nanoseconds
    buffers = SimulatedBuffers(count: configuration.bufferCount, bytesEach: configuration.bufferBytes)
    listeners = Array(repeating: SimulatedListener(), count: configuration.listenerCount)
    sockets = Array(repeating: nil, count: configuration.slotCount + configuration.ownSlotCount)
  }

  package var now: Instant { Instant(nanoseconds: clock) }

  package var unixSeconds: Int64 {
    configuration.unixSeconds + Int64((clock - configuration.start.nanoseconds) / 1_000_000_000)
  }

  /// Connections that hold a slot.
  package var openCount: Int { sockets.count { $0 != nil } }

  func count(_ change: (inout Statistics) -> Void) { change(&statistics) }

  /// Decides whether a fault happens, and counts it.
  func strikes(_ fault: Fault) -> Bool {
    guard random.chance(configuration.faults[fault]) else { return false }
    statistics.faults[fault.rawValue] += 1
    return true
  }

  func violate(_ sentence: String) {
    if violations.count < 20 { violations.append("at \(clock) ns: \(sentence)") }
  }

  func enqueue(_ submission: Submission) { submissions.append(submission) }

  /// Shows a completion to the engine: at once, or later if a fault holds it back. `order` is the earliest
  /// moment that keeps the stream's promise, and moves on.
  func post(
    _ token: Token, _ result: Int32, socket: SimulatedSocket? = nil, buffer: BufferID? = nil,
    hasMore: Bool = false,
    order: inout UInt64
  ) {
    let entry = Entry(
      completion: Completion(token: token, result: result, buffer: buffer, hasMore: hasMore), socket: socket)
    var time = clock
    if strikes(.reorder) { time += UInt64(random.below(200_000)) }
    time = max(time, order)
    // If two are for one moment, the first may still wait in the queue.
    if time == clock, order < clock {
      completions.append(entry)
    } else {
      events.add(.complete(entry), at: time)
    }
    order = time
    if !hasMore, let socket, socket.send == nil, socket.multishot == nil, socket.single == nil {
      letGo(socket)
    }
  }

  func post(_ token: Token, _ result: Int32, socket: SimulatedSocket? = nil) {
    var order: UInt64 = 0
    post(token, result, socket: socket, order: &order)
  }

  package func reap() -> Completion? {
    guard reaped < completions.count else {
      completions.removeAll(keepingCapacity: true)
      reaped = 0
      return nil
    }
    var entry = completions[reaped]
    reaped += 1
    if entry.completion.token.isOf(.fileSend) { entry.completion = completionOfFileSend(entry) }
    if !entry.completion.hasMore, let socket = entry.socket {
      socket.outstanding -= 1
      if [.receive, .clientReceive, .secureReceive].contains(entry.completion.token.operation) {
        socket.outstandingMultishots -= 1
      }
    }
    switch entry.completion.token.operation {
    case .fileRead, .logWrite: fileOperations -= 1
    default: break
    }
    statistics.completions += 1
    return entry.completion
  }

  func recycle(_ buffer: BufferID) {
    if !buffers.recycle(buffer) { violate("buffer \(buffer) was recycled while it was not lent") }
  }
}
