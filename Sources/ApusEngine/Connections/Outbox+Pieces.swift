// The bytes that an outbox sends next: its block, the body after it in place, or a piece of the body that is
// copied into a block of ours.

import ApusRing
import ApusWire

extension Outbox {
  /// The next send, or the read of a file that must precede it.
  enum Next {
    case send(ReadableRegion)
    case sendBoth(ReadableRegion, ReadableRegion)
    /// Sends `filePart`, uncopied.
    case sendFile
    case readFile(FileSource, offset: Int, WritableRegion)
    /// The file is shorter than the response has promised.
    case fileTooShort
  }

  /// The queued bytes, if nothing else is to be sent, as with most responses; nil if `takeNext` must be
  /// asked. They count as in flight.
  @inline(__always)
  mutating func takePlain(limit: Int, _ repeated: borrowing RepeatedAnswers) -> ReadableRegion? {
    guard hasSentBlock else { return nil }
    if case .repeated(let copy) = source {
      let (start, count) = (sourceRange.lowerBound, sourceRange.count)
      guard queuedCount == 0, count > 0 else { return nil }
      flight = Flight(headBytes: 0, bodyBytes: count)
      return repeated.region(copy, from: start, count: count)
    }
    let queued = queuedCount
    guard queued > 0, queued <= limit, !hasSource else { return nil }
    promote()
    flight = Flight(headBytes: queued, bodyBytes: 0)
    return nextOfBlock(queued)
  }

  /// The next send: at most `limit` bytes of the block and as many of the body. Sent bytes count as in
  /// flight. `mayLend`: see `FileSource.piece`.
  mutating func takeNext(
    limit: Int, mayLend: Bool, _ pool: inout BlockPool, _ repeated: borrowing RepeatedAnswers
  ) -> Next {
    if hasSentBlock, queuedCount > 0 { promote() }
    let headBytes = nextCountOfBlock(limit)
    guard isSourceNext(after: headBytes) else { return sendHead(headBytes) }
    switch nextPiece(limit: limit, mayLend: mayLend, &pool, repeated) {
    case .region(let body):
      flight = Flight(headBytes: headBytes, bodyBytes: body.count)
      // Without a head there may be no block.
      return headBytes > 0 ? .sendBoth(nextOfBlock(headBytes), body) : .send(body)
    case .uncopied(let count):
      flight = Flight(headBytes: headBytes, bodyBytes: count)
      return .sendFile
    case .read(let file, let offset, let region):
      if headBytes == 0 { return .readFile(file, offset: offset, region) }
      forgetPiece(&pool)
      return sendHead(headBytes)
    case .tooShort: return .fileTooShort
    }
  }

  private mutating func sendHead(_ count: Int) -> Next {
    flight = Flight(headBytes: count, bodyBytes: 0)
    return .send(nextOfBlock(count))
  }

  /// The part of a file for `Next.sendFile`.
  var filePart: FilePart {
    guard case .file(let file, copies: false) = source else { preconditionFailure("the body is no file's") }
    return FilePart(
      head: flight.headBytes > 0 ? nextOfBlock(flight.headBytes) : nil, file,
      offset: sourceRange.lowerBound, count: flight.bodyBytes, promisedEnd: sourceRange.upperBound)
  }

  /// Sends the rest of its file by copying; false if it sends no file.
  mutating func copyFile() -> Bool {
    guard case .file(let file, _) = source else { return false }
    source = .file(file, copies: true)
    return true
  }

  private enum Piece {
    case region(ReadableRegion)
    case uncopied(Int)
    case read(FileSource, offset: Int, WritableRegion)
    case tooShort
  }

  /// The next bytes of the source: in place if the kernel can read them there, otherwise through a block.
  private mutating func nextPiece(
    limit: Int, mayLend: Bool, _ pool: inout BlockPool, _ repeated: borrowing RepeatedAnswers
  ) -> Piece {
    if pieceStart < pieceEnd { return .region(piece.readable(pieceStart..<pieceEnd)) }
    let offset = sourceRange.lowerBound
    let count = min(limit, sourceRange.count)
    switch source {
    case .none: preconditionFailure("no source for \(count) bytes")
    case .chunk(let chunk): return .region(chunk.buffer.readable(offset..<offset + count))
    case .shared(let bytes): return .region(bytes.region.part(from: offset, count: count))
    case .repeated(let copy): return .region(repeated.region(copy, from: offset, count: count))
    case .bytes(let bytes):
      let piece = claimPiece(count, &pool)
      var end = 0
      piece.append(after: &end) { $0.append(copying: bytes.span.extracting(offset..<offset + count)) }
      return .region(piece.readable(0..<count))
    case .file(_, copies: false): return .uncopied(min(sourceRange.count, FileSource.uncopiedByteLimit))
    case .file(let file, copies: true): return nextPiece(of: file, limit: count, mayLend: mayLend, &pool)
    }
  }

  private mutating func nextPiece(
    of file: FileSource, limit: Int, mayLend: Bool, _ pool: inout BlockPool
  ) -> Piece {
    let offset = sourceRange.lowerBound
    let count = min(limit, FileSource.pieceByteLimit)
    let end = sourceRange.upperBound
    switch file.piece(offset: offset, count: count, promisedEnd: end, mayLend: mayLend) {
    case .resident(let region): return .region(region)
    case .tooShort: return .tooShort
    case .read: return .read(file, offset: offset, claimPiece(count, &pool).writable(0..<count))
    case .readNow:
      let region = claimPiece(count, &pool).writable(0..<count)
      guard file.readNow(offset: offset, into: region) else { return .tooShort }
      return .region(piece.readable(0..<count))
    }
  }

  /// A block for the next `count` bytes of the source, which then count as taken from it.
  private mutating func claimPiece(_ count: Int, _ pool: inout BlockPool) -> Block {
    precondition(pieceStart == pieceEnd, "\(pieceEnd - pieceStart) bytes of a piece are still to be sent")
    if piece.capacity < count {
      pool.release(piece)
      piece = pool.acquire(count)
    }
    pieceStart = 0
    pieceEnd = count
    sourceRange = sourceRange.lowerBound + count..<sourceRange.upperBound
    return piece
  }

  /// Undoes `claimPiece` for a piece that was not filled.
  private mutating func forgetPiece(_ pool: inout BlockPool) {
    sourceRange = sourceRange.lowerBound - pieceEnd..<sourceRange.upperBound
    pieceStart = 0
    pieceEnd = 0
    pool.release(piece)
    piece = .none
  }
}
