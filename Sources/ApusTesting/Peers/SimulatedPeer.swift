// SimulatedPeer: an HTTP client in the simulation: a script of bytes and pauses, a way of reading, and a
// record of all that came back and when. It acts only when the simulated kernel lets it.

package import ApusRing

package final class SimulatedPeer {
  package enum Step: Sendable {
    /// Gives bytes to the connection; waits while the window is full.
    case send([UInt8])
    case pause(nanoseconds: UInt64)
    /// Waits until this many final answers have been read since the start.
    case awaitAnswers(Int)
    /// Waits until this many bytes have been read since the start; for a script that plays a server.
    case awaitBytes(Int)
    /// Waits until everything up to our FIN has been read. With `closesAtEnd` the script has ended by then.
    case awaitEnd
    /// Plays a server until it closes.
    case serve(SimulatedService)
    /// FIN; the peer still reads.
    case halfClose
    /// Closes: FIN, and RST for whatever comes after.
    case close
    case reset
    case setReading(Reading)
  }

  package enum Reading: Equatable, Sendable {
    /// At once.
    case eager
    /// So many bytes at each interval.
    case slow(bytes: Int, every: UInt64)
    /// Not at all: the window fills and stays shut.
    case never
  }

  package let name: String
  package var reading: Reading = .eager
  /// Which of the core's listeners it connects to.
  package var listener = 0
  /// Our send buffer and this peer's window together; nil for the kernel's default.
  package var windowBytes: Int?
  /// Room that each further send finds though this peer reads nothing, and how much there is of it in all.
  package var windowGrowth: (step: Int, most: Int)?
  /// True if it closes as soon as it has read our FIN, as most clients do. Otherwise its script continues.
  package var closesAtEnd = true

  /// Between its script and its socket; nil for plain bytes.
  package var security: PeerSecurity?

  package private(set) var address = PeerAddress(family: .v4, octets: (0, 0), port: 0)
  package private(set) var connectedAt: Instant?
  package private(set) var refusedAt: Instant?
  /// When it had read everything up to our FIN.
  package private(set) var endedAt: Instant?
  package private(set) var resetAt: Instant?
  /// The reset was the network's or its own script's, not our server's.
  package internal(set) var wasResetByFault = false
  /// When the last byte came.
  package private(set) var lastByteAt: Instant?
  package private(set) var receivedBytes = 0
  /// The bytes that were read, if it plays a server.
  package private(set) var received: [UInt8] = []
  private let isServer: Bool
  private var splitter: ResponseSplitter

  /// Requests that a service has answered.
  package internal(set) var servedCount = 0

  private var steps: [Step]
  private var stepIndex = 0
  var stepOffset = 0
  var pausedUntil: UInt64 = 0
  var waitsForWindow = false
  var readIsScheduled = false
  package internal(set) var hasClosed = false
  var socket: SimulatedSocket?
  /// The link that takes the bytes that it reads, if it is one end of a connection between two cores.
  var link: SimulatedLink?
  /// Bytes in the script that the connection has not taken.
  var unsentBytes = 0

  /// `methods` of the requests in the script, in order: an answer to HEAD has no body.
  package init(_ name: String = "peer", methods: [String] = [], steps: [Step]) {
    self.name = name
    self.steps = steps
    isServer = steps.contains {
      switch $0 {
      case .serve, .awaitBytes: true
      default: false
      }
    }
    splitter = ResponseSplitter(methods: methods)
  }

  /// Adds to the script: one more request, of this method.
  func append(_ steps: [Step], method: String) {
    self.steps += steps
    splitter.expect(method)
  }

  /// Adds to the script.
  func append(_ step: Step) {
    if case .send(let bytes) = step { unsentBytes += bytes.count }
    steps.append(step)
  }

  /// Whatever else it would have done, it resets its connection.
  func giveUp() {
    steps.removeSubrange(min(stepIndex, steps.count)...)
    steps.append(.reset)
    stepOffset = 0
    unsentBytes = 0
    pausedUntil = 0
  }

  /// Requests that it has made.
  var requestCount: Int { splitter.expectedCount }

  func head(_ number: Int) -> Answer? { splitter.head(number) }
  func content(_ number: Int, from offset: Int) -> (bytes: [UInt8], isComplete: Bool) {
    splitter.content(number, from: offset)
  }
  func contentCount(_ number: Int) -> Int { splitter.contentCount(number) }

  /// The bytes after the last complete response.
  var trailingText: String { splitter.trailingText }

  /// Final answers, complete ones only.
  package var answers: [Answer] { splitter.answers }
  /// Statuses of interim answers (1xx).
  package var interim: [Int] { splitter.interim }
  /// Why the bytes are no HTTP, or nil.
  package var malformed: String? { splitter.malformed }
  /// Bytes after the last complete answer.
  package var trailingCount: Int { splitter.trailingCount }
  /// The whole script has run.
  package var hasFinished: Bool { stepIndex == steps.count }
  /// Nothing will come any more.
  package var isDisconnected: Bool { endedAt != nil || resetAt != nil || refusedAt != nil }

  var hasEnded: Bool { resetAt != nil || refusedAt != nil || hasClosed }

  var currentStep: Step? { stepIndex < steps.count ? steps[stepIndex] : nil }

  /// The script waits for bytes that have come by now.
  var awaitsBytes: Bool {
    switch currentStep {
    case .awaitBytes(let count)?: receivedBytes >= count
    case .awaitEnd?: endedAt != nil
    case .serve(let service)?: receivedBytes >= (servedCount + 1) * service.requestBytes
    default: false
    }
  }

  func finishStep() {
    stepIndex += 1
    if link != nil {
      // A script that is written as it is played.
      steps.removeFirst(stepIndex)
      stepIndex = 0
    }
    stepOffset = 0
    waitsForWindow = false
  }

  func connected(at time: Instant, from address: PeerAddress) {
    connectedAt = time
    self.address = address
  }

  func wasRefused(at time: Instant) {
    refusedAt = time
    link?.reset(at: time)
  }

  func received(_ bytes: ArraySlice<UInt8>, at time: Instant) {
    receivedBytes += bytes.count
    lastByteAt = time
    if let link {
      link.send(Array(bytes), at: time)
    } else if isServer {
      received += bytes
    } else {
      splitter.append(bytes, at: time)
    }
  }

  func sawEnd(at time: Instant) {
    guard endedAt == nil, resetAt == nil else { return }
    endedAt = time
    splitter.end(at: time)
    link?.end(at: time)
  }

  func sawReset(at time: Instant) {
    guard resetAt == nil else { return }
    resetAt = time
    link?.reset(at: time)
  }
}
