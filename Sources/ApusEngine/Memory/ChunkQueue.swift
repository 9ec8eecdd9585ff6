// ChunkQueue: pieces of a body between whoever makes them and whoever takes them, for bodies in either direction, of server and
// client. Where both keep pace for long it never runs empty, so what was taken is let go of on the way.

import ApusWire

/// Pieces in their order, with how many bytes they are.
struct ChunkQueue {
  private var chunks: [BodyChunk] = []
  /// Pieces before it were taken.
  private var position = 0
  private(set) var byteCount = 0

  /// Taken pieces are kept up to this many, as to forget one alone would move all behind it.
  private static let takenLimit = 4

  var isEmpty: Bool { position == chunks.count }
  /// Bytes of the next piece; 0 without one.
  var nextCount: Int { isEmpty ? 0 : chunks[position].count }

  /// The only piece, if there is one alone.
  var only: BodyChunk? { chunks.count == position + 1 ? chunks[position] : nil }

  mutating func append(_ chunk: BodyChunk) {
    chunks.append(chunk)
    byteCount += chunk.count
  }

  /// Appends what follows the last piece in the same memory, as part of that piece if it was not taken yet.
  mutating func extend(with chunk: BodyChunk) {
    guard !isEmpty, let last = chunks.last, last.buffer === chunk.buffer,
      last.range.upperBound == chunk.range.lowerBound
    else { return append(chunk) }
    chunks[chunks.count - 1] = BodyChunk(chunk.buffer, last.range.lowerBound..<chunk.range.upperBound)
    byteCount += chunk.count
  }

  mutating func popFirst() -> BodyChunk? {
    guard position < chunks.count else { return nil }
    let chunk = chunks[position]
    position += 1
    byteCount -= chunk.count
    if position == chunks.count {
      chunks.removeAll(keepingCapacity: true)
      position = 0
    } else if position >= Self.takenLimit, 2 * position >= chunks.count {
      chunks.removeFirst(position)
      position = 0
    }
    return chunk
  }

  /// Empty, and ready for as many again.
  mutating func removeAll() {
    chunks.removeAll(keepingCapacity: true)
    position = 0
    byteCount = 0
  }
}
