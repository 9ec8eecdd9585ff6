// ChunkQueue: pieces of a body between whoever makes them and whoever takes them, for bodies in either
// direction, of server and client.

import ApusWire

/// Pieces in their order, with how many bytes they are.
struct ChunkQueue {
  private var chunks = Queue<BodyChunk>()
  private(set) var byteCount = 0

  var isEmpty: Bool { chunks.isEmpty }
  /// Bytes of the next piece; 0 without one.
  var nextCount: Int { chunks.first?.count ?? 0 }

  /// The only piece, if there is one alone.
  var only: BodyChunk? { chunks.count == 1 ? chunks.first : nil }

  mutating func append(_ chunk: BodyChunk) {
    chunks.append(chunk)
    byteCount += chunk.count
  }

  /// Appends what follows the last piece in the same memory, as part of that piece if it was not taken yet.
  mutating func extend(with chunk: BodyChunk) {
    guard let last = chunks.last, last.buffer === chunk.buffer,
      last.range.upperBound == chunk.range.lowerBound
    else { return append(chunk) }
    chunks.replaceLast(with: BodyChunk(chunk.buffer, last.range.lowerBound..<chunk.range.upperBound))
    byteCount += chunk.count
  }

  mutating func popFirst() -> BodyChunk? {
    guard let chunk = chunks.popFirst() else { return nil }
    byteCount -= chunk.count
    return chunk
  }

  /// Empty, and ready for as many again.
  mutating func removeAll() {
    chunks.removeAll()
    byteCount = 0
  }
}
