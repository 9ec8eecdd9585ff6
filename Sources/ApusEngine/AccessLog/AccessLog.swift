// AccessLog: one core's log lines on their way to the file. Two buffers: one fills while the other is being
// appended to the file by the ring, so a slow disk never holds a request up. Lines are lost, and counted,
// when both are full and when the file takes no more.

import ApusRing
import ApusWire
import Synchronization

/// Where the log goes and how its lines look.
public struct AccessLogConfiguration: Sendable {
  /// The lines' layout.
  public var format: AccessLogFormat
  /// Open for appending; the log does not close it.
  public var descriptor: Int32
  /// The file's, where the log has opened it.
  package internal(set) var path: String?
  /// Told by each core, on its thread, when it loses lines for the first time: an errno, or nil
  /// where the file is too slow.
  package var didLoseLines: (@Sendable (Int32?) -> Void)?
  let tail = LogTail()

  /// A log in this format to a descriptor that is open for appending.
  public init(format: AccessLogFormat, descriptor: Int32) {
    self.format = format
    self.descriptor = descriptor
  }
}

/// How the file ends, as far as its cores know: in the midst of a line, if one of them
/// could not write all of it.
final class LogTail: Sendable {
  private let isInsideLine = Atomic(false)

  func didBreakLine() { isInsideLine.store(true, ordering: .relaxed) }

  /// The file is another, or its line has been ended.
  func forget() { isInsideLine.store(false, ordering: .relaxed) }

  /// Whether to begin with a line end, for whoever appends next: one of the cores.
  func takeBreak() -> Bool {
    isInsideLine.load(ordering: .relaxed) && isInsideLine.exchange(false, ordering: .relaxed)
  }
}

/// A core's log buffers.
final class AccessLog {
  /// Bytes of one buffer.
  static let bufferBytes = 64 << 10
  /// A batch is written once it is this large, or this old.
  private static let batchBytes = 32 << 10
  static let flushTicks: UInt64 = 500
  /// Each buffer begins with a line end, which is written only behind a line that was not written whole.
  private static let firstLine = 1

  let descriptor: Int32
  private let didLoseLines: (@Sendable (Int32?) -> Void)?
  private let tail: LogTail
  private var hasToldOfLoss = false
  private var writer: AccessLogWriter
  private var addresses: [PeerAddress?] = []
  private var filling = AccessLog.makeBuffer()
  private var filledCount = AccessLog.firstLine
  private var writing = AccessLog.makeBuffer()
  private var writtenCount = 0
  private var writeEnd = 0
  private(set) var isWriting = false
  /// The file takes nothing just now; the batch is tried again with the next interval.
  private var isBlocked = false
  /// The batch is old enough to be written however small it is.
  private var isDue = false
  private var isTimed = false

  init(_ configuration: AccessLogConfiguration) {
    descriptor = configuration.descriptor
    didLoseLines = configuration.didLoseLines
    tail = configuration.tail
    writer = AccessLogWriter(configuration.format)
  }

  private static func makeBuffer() -> OwnedBlock {
    let buffer = OwnedBlock(bufferBytes)
    var count = 0
    buffer.block.append(after: &count) { $0.append(UInt8(ascii: "\n")) }
    return buffer
  }

  func setAddress(_ address: PeerAddress?, _ slot: Slot) {
    while addresses.count <= Int(slot) { addresses.append(nil) }
    addresses[Int(slot)] = address
  }

  /// The peer's, if it is known.
  func address(_ slot: Slot) -> PeerAddress? { Int(slot) < addresses.count ? addresses[Int(slot)] : nil }

  /// Adds a line; answers how many were lost.
  func append(_ line: borrowing AccessRecord) -> UInt64 {
    guard filling.block.capacity - filledCount >= AccessLogWriter.lineByteLimit else {
      return lose(1, nil)
    }
    let block = filling.block
    block.append(after: &filledCount) { writer.append(line, to: &$0) }
    return 0
  }

  private func lose(_ lines: UInt64, _ errno: Int32?) -> UInt64 {
    if lines > 0, !hasToldOfLoss {
      hasToldOfLoss = true
      didLoseLines?(errno)
    }
    return lines
  }

  /// There is something to write, and no timer runs for it yet.
  var startsBatch: Bool {
    get {
      guard filledCount > Self.firstLine || isBlocked, !isTimed, !isWriting else { return false }
      isTimed = true
      return true
    }
  }

  /// The interval since the first line of a batch is over.
  func intervalIsOver() {
    isDue = filledCount > Self.firstLine
    isTimed = false
    isBlocked = false
  }

  /// What to write now; nil while a write is in flight or the batch is neither large
  /// nor old. `isLast`: at once.
  func nextWrite(isLast: Bool) -> ReadableRegion? {
    guard !isWriting, !isBlocked else { return nil }
    if writtenCount == writeEnd {
      let isReady = filledCount >= Self.batchBytes || isDue || isLast
      guard isReady, filledCount > Self.firstLine else { return nil }
      swap(&filling, &writing)
      writeEnd = filledCount
      writtenCount = tail.takeBreak() ? 0 : Self.firstLine
      filledCount = Self.firstLine
      isDue = false
    }
    isWriting = true
    return writing.block.readable(writtenCount..<writeEnd)
  }

  /// A write ended; answers how many lines were lost. One that would have had to wait is tried again; after
  /// any other error the batch is given up: the disk is full or the reader is gone, and requests go on.
  func didWrite(_ result: Int32) -> UInt64 {
    isWriting = false
    if result > 0 {
      writtenCount += Int(result)
      return 0
    }
    if result == -Errno.wouldBlock || result == -Errno.interrupted {
      isBlocked = true
      return 0
    }
    // Cancelled: the core ends, and the file has not taken the batch by then.
    return giveUpBatch(result == -Errno.cancelled ? nil : -result)
  }

  private func giveUpBatch(_ errno: Int32?) -> UInt64 {
    let block = writing.block
    let bytes = block.bytes(0..<writeEnd)
    // Of a batch that was to end that line first, and did not, nothing is there: the next one is to end it.
    if writtenCount == 0 || bytes[writtenCount - 1] != UInt8(ascii: "\n") { tail.didBreakLine() }
    let lines = Self.lines(in: bytes.extracting(max(writtenCount, Self.firstLine)..<writeEnd))
    writtenCount = writeEnd
    return lose(lines, errno)
  }

  /// Nothing is written any more; answers how many lines were lost.
  func end() -> UInt64 {
    let block = filling.block
    let filled = Self.lines(in: block.bytes(Self.firstLine..<filledCount))
    filledCount = Self.firstLine
    guard writtenCount < writeEnd else { return lose(filled, nil) }
    return giveUpBatch(isBlocked ? Errno.wouldBlock : nil) + lose(filled, nil)
  }

  private static func lines(in bytes: Span<UInt8>) -> UInt64 {
    var count: UInt64 = 0
    for index in bytes.indices where bytes[index] == UInt8(ascii: "\n") { count += 1 }
    return count
  }
}
