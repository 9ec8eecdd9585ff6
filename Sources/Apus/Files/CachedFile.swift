// CachedFile: all that an answer from one file needs, made once and never changed. The cache holds it under a path; answers
// in flight hold its parts.

import ApusEngine
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
  package let contents: Contents
  /// The modification time lay far enough back when the file was opened: a later change moves it.
  package let isSettled: Bool

  package init(
    path: Span<UInt8>, hash: UInt64, metadata: FileMetadata, type: MediaType, fields: FileFields,
    contents: Contents, isSettled: Bool
  ) {
    self.path = [UInt8](capacity: path.count) { output in output.append(copying: path) }
    self.hash = hash
    self.metadata = metadata
    self.type = type
    self.fields = fields
    self.contents = contents
    self.isSettled = isSettled
  }

  /// The same file, its bytes in memory.
  init(_ other: CachedFile, inMemory bytes: SharedBytes) {
    path = other.path
    hash = other.hash
    metadata = other.metadata
    type = other.type
    fields = other.fields
    contents = .memory(bytes)
    isSettled = other.isSettled
  }

  func isKnown(as other: Span<UInt8>) -> Bool {
    let path = path
    return other.equals(path.span)
  }

  var isInMemory: Bool {
    if case .memory = contents { return true }
    return false
  }

  var holdsDescriptor: Bool { !isInMemory }

  /// Bytes that count against the cache's bound.
  package var cost: Int {
    if case .memory(let bytes) = contents { return bytes.count }
    return 0
  }

  /// All of the file, or a range of it, as the body of an answer.
  func body(_ range: Range<Int>) -> Response.Body {
    switch contents {
    case .memory(let bytes): .shared(bytes, range)
    case .source(let source): .file(FileBody(source, range: range))
    }
  }
}
