// ChunkQueue: the chunks of a body between their producer and their consumer, for bodies in either direction,
// of server and client.

import ApusWire

/// Chunks in order, with their total number of bytes.
struct ChunkQueue {
  private var chunks = Queue<BodyChunk>()
  private(set) var byteCount = 0

  var isEmpty: Bool { chunks.isEmpty }
  /// Bytes of the next chunk; 0 without one.
  var nextCount: Int { chunks.first?.count ?? 0 }

  /// The only chunk, if there is exactly one.
  var only: BodyChunk? { chunks.count == 1 ? chunks.first : nil }

  mutating func append(_ chunk: BodyChunk) {
    chunks.append(chunk)
    byteCount += chunk.count
  }

  /// Appends bytes; they extend the last chunk if they follow it in memory and it was not taken yet.
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

  /// Empties the queue and keeps its memory.
  mutating func removeAll() {
    chunks.removeAll()
    byteCount = 0
  }
}
