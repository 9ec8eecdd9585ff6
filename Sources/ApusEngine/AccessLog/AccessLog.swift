// AccessLog: one core's log lines on their way to the file. One buffer fills while the ring appends the other
// to the file, so a slow disk never delays a request. Lines are lost, and counted, when both buffers are full
// and when the file accepts no more.

import ApusRing
import ApusWire
import Synchronization

/// The destination of the log and the format of its lines.
public struct AccessLogConfiguration: Sendable {
  /// The format of the lines.
  public var format: AccessLogFormat
  /// A descriptor that is open for appending; the log does not close it.
  public var descriptor: Int32
  /// The path of the file, if the log opened it.
  package internal(set) var path: String?
  /// Called by each core, on its thread, when it loses lines for the first time: with an errno, or nil if the
  /// file is too slow.
  package var didLoseLines: (@Sendable (Int32?) -> Void)?
  let tail = LogTail()

  /// A log in this format, written to a descriptor that is open for appending.
  public init(format: AccessLogFormat, descriptor: Int32) {
    self.format = format
    self.descriptor = descriptor
  }
}

/// The state of the file's end, as far as its cores know: inside a line, if a core could not write all of it.
final class LogTail: Sendable {
  private let isInsideLine = Atomic(false)

  func didBreakLine() { isInsideLine.store(true, ordering: .relaxed) }

  /// The file was replaced, or its line has been ended.
  func forget() { isInsideLine.store(false, ordering: .relaxed) }

  /// Tells one of the cores, the next to append, to begin with a line end.
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
  /// Each buffer begins with a line end, which is written only after a line that was not written whole.
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
  /// The file accepts nothing now; the batch is retried after the next interval.
  private var isBlocked = false
  /// The batch is old enough to be written, whatever its size.
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

  /// The address of the slot's peer, if it is known.
  func address(_ slot: Slot) -> PeerAddress? { Int(slot) < addresses.count ? addresses[Int(slot)] : nil }

  /// Adds a line; returns how many lines were lost.
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

  /// The interval since the first line of a batch has passed.
  func intervalIsOver() {
    isDue = filledCount > Self.firstLine
    isTimed = false
    isBlocked = false
  }

  /// The region to write now; nil while a write is in flight or the batch is neither large nor old. `isLast`
  /// writes at once.
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

  /// A write completed; returns how many lines were lost. A write that would block is retried; after any
  /// other error the batch is dropped: the disk is full or the reader is gone, and requests continue.
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
    // It was cancelled: the core shuts down, and the file has not accepted the batch by then.
    return giveUpBatch(result == -Errno.cancelled ? nil : -result)
  }

  private func giveUpBatch(_ errno: Int32?) -> UInt64 {
    let block = writing.block
    let bytes = block.bytes(0..<writeEnd)
    // A batch that began with the missing line end and wrote nothing leaves it to the next batch.
    if writtenCount == 0 || bytes[writtenCount - 1] != UInt8(ascii: "\n") { tail.didBreakLine() }
    let lines = Self.lines(in: bytes.extracting(max(writtenCount, Self.firstLine)..<writeEnd))
    writtenCount = writeEnd
    return lose(lines, errno)
  }

  /// Nothing is written any more; returns how many lines were lost.
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
