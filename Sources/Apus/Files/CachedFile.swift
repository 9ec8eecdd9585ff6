// CachedFile: all that an answer from one file needs, made once. The cache holds it under a path; answers in flight hold
// its parts.

package import ApusEngine
package import ApusRing
package import ApusWire

package final class CachedFile {
  /// Where the bytes come from.
  package enum Contents {
    case memory(SharedBytes)
    case source(FileSource)
  }

  package let path: [UInt8]
  package let hash: UInt64
  package let metadata: FileMetadata
  package let type: MediaType
  package let fields: FileFields
  package var contents: Contents
  /// The modification time lay far enough back when the file was opened: a later change moves it.
  package let isSettled: Bool
  /// When the path was last known to lead to this file.
  package var checkedAt: Instant
  /// When an answer last used it.
  package var usedAt: Instant

  // The cache's own book-keeping.
  package var next: Int32 = -1
  package var wasUsed = false

  package init(
    path: Span<UInt8>, hash: UInt64, metadata: FileMetadata, type: MediaType, fields: FileFields,
    contents: Contents,
    isSettled: Bool, now: Instant
  ) {
    self.path = [UInt8](capacity: path.count) { output in output.append(copying: path) }
    self.hash = hash
    self.metadata = metadata
    self.type = type
    self.fields = fields
    self.contents = contents
    self.isSettled = isSettled
    checkedAt = now
    usedAt = now
  }

  package func didAnswer(_ now: Instant) {
    usedAt = now
    wasUsed = true
  }

  package func isKnown(as other: Span<UInt8>) -> Bool {
    let path = path
    return other.equals(path.span)
  }

  /// Bytes that count against the cache's bound.
  package var cost: Int {
    if case .memory(let bytes) = contents { return bytes.count }
    return 0
  }

  package var holdsDescriptor: Bool {
    if case .source = contents { return true }
    return false
  }

  /// All of the file, or a range of it, as the body of an answer.
  package func body(_ range: Range<Int>) -> Response.Body {
    switch contents {
    case .memory(let bytes): .shared(bytes, range)
    case .source(let source): .file(FileBody(source, range: range))
    }
  }
}
