// CachedFile: all that an answer from one file needs, made once. The cache holds it under a path; answers in flight hold
// its parts.

import ApusEngine
import ApusRing
import ApusWire

final class CachedFile {
  /// Where the bytes come from.
  enum Contents {
    case memory(SharedBytes)
    case source(FileSource)
  }

  let path: [UInt8]
  let hash: UInt64
  let metadata: FileMetadata
  let type: MediaType
  let fields: FileFields
  var contents: Contents
  /// The modification time lay far enough back when the file was opened: a later change moves it.
  let isSettled: Bool
  /// When the path was last known to lead to this file.
  var checkedAt: Instant
  /// When an answer last used it.
  var usedAt: Instant

  // The cache's own book-keeping.
  var next: Int32 = -1
  var wasUsed = true

  init(
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

  func didAnswer(_ now: Instant) {
    usedAt = now
    wasUsed = true
  }

  func isKnown(as other: Span<UInt8>) -> Bool {
    let path = path
    return other.equals(path.span)
  }

  /// Bytes that count against the cache's bound.
  var cost: Int {
    if case .memory(let bytes) = contents { return bytes.count }
    return 0
  }

  var holdsDescriptor: Bool {
    if case .source = contents { return true }
    return false
  }

  /// All of the file, or a range of it, as the body of an answer.
  func body(_ range: Range<Int>) -> Response.Body {
    switch contents {
    case .memory(let bytes): .shared(bytes, range)
    case .source(let source): .file(FileBody(source, range: range))
    }
  }
}
