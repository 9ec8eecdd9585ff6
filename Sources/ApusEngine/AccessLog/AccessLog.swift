// AccessLog: one core's log lines on their way to the file. Two buffers: one fills while the other is being appended to
// the file by the ring, so a slow disk never holds a request up. When both are full, lines are dropped and counted.

import ApusRing
import ApusWire

/// Where the log goes and how its lines look.
public struct AccessLogConfiguration: Sendable {
  /// The lines' layout.
  public var format: AccessLogFormat
  /// Open for appending; the log does not close it.
  public var descriptor: Int32
  /// The file's, where the log has opened it.
  package internal(set) var path: String?

  /// A log in this format to a descriptor that is open for appending.
  public init(format: AccessLogFormat, descriptor: Int32) {
    self.format = format
    self.descriptor = descriptor
  }
}

/// A core's log buffers.
final class AccessLog {
  /// Bytes of one buffer.
  static let bufferBytes = 64 << 10
  /// A batch is written once it is this large, or this old.
  private static let batchBytes = 32 << 10
  static let flushTicks: UInt64 = 500

  let descriptor: Int32
  private var writer: AccessLogWriter
  private var addresses: [PeerAddress?] = []
  private var filling: OwnedBlock
  private var filledCount = 0
  private var writing: OwnedBlock
  private var writtenCount = 0
  private var writeEnd = 0
  private(set) var isWriting = false
  /// The batch is old enough to be written however small it is.
  var isDue = false
  private var isTimed = false
  private(set) var droppedLines: UInt64 = 0

  init(_ configuration: AccessLogConfiguration) {
    descriptor = configuration.descriptor
    writer = AccessLogWriter(configuration.format)
    filling = OwnedBlock(Self.bufferBytes)
    writing = OwnedBlock(Self.bufferBytes)
  }

  func setAddress(_ address: PeerAddress?, _ slot: Slot) {
    while addresses.count <= Int(slot) { addresses.append(nil) }
    addresses[Int(slot)] = address
  }

  /// Adds a line for an answer. `request` holds the head's bytes, or nothing if it could not be understood.
  func record(
    request: Span<UInt8>, head: RequestHead, fields: Span<FieldLine>, status: Status, bytes: UInt64,
    slot: Slot,
    nanoseconds: UInt64, unixSeconds: Int64
  ) {
    guard filling.block.capacity - filledCount >= AccessLogWriter.lineByteLimit else {
      droppedLines += 1
      return
    }
    let line = AccessRecord(
      peer: Int(slot) < addresses.count ? addresses[Int(slot)] : nil, unixSeconds: unixSeconds,
      requestLine: Self.requestLine(request, head), status: status.code, bodyBytes: bytes,
      referer: Self.value("referer", head.known.contains(.referer), request, fields),
      userAgent: Self.value("user-agent", head.known.contains(.userAgent), request, fields),
      durationNanoseconds: nanoseconds)
    let block = filling.block
    block.append(after: &filledCount) { writer.append(line, to: &$0) }
  }

  @_lifetime(copy request)
  private static func requestLine(_ request: Span<UInt8>, _ head: RequestHead) -> Span<UInt8> {
    let start = Int(head.methodSlice.offset)
    var end = start
    while end < request.count, request[end] != UInt8(ascii: "\r") { end += 1 }
    return start < end ? request.extracting(start..<end) : Span()
  }

  @_lifetime(copy request)
  private static func value(
    _ name: String, _ isThere: Bool, _ request: Span<UInt8>, _ fields: Span<FieldLine>
  ) -> Span<UInt8> {
    guard isThere, let slice = firstValue(of: name, in: request, fields: fields) else { return Span() }
    return request.extracting(slice.range)
  }

  /// The first line of a batch is there, and no timer runs for it yet.
  var startsBatch: Bool {
    get {
      guard filledCount > 0, !isTimed, !isWriting else { return false }
      isTimed = true
      return true
    }
  }

  /// What to write now; nil while a write is in flight or the batch is neither large nor old. `isLast`: at once.
  func nextWrite(isLast: Bool) -> ReadableRegion? {
    guard !isWriting else { return nil }
    if writtenCount == writeEnd {
      guard filledCount >= Self.batchBytes || ((isDue || isLast) && filledCount > 0) else { return nil }
      swap(&filling, &writing)
      writeEnd = filledCount
      writtenCount = 0
      filledCount = 0
      isDue = false
      isTimed = false
    }
    isWriting = true
    return writing.block.readable(writtenCount..<writeEnd)
  }

  /// A write ended. After an error the batch is given up: the disk is full or the file is gone, and requests go on.
  func didWrite(_ result: Int32) {
    isWriting = false
    writtenCount = result > 0 ? writtenCount + Int(result) : writeEnd
  }
}
