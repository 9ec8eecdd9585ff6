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
  /// Where the contents begin in memory: a small file's lie behind its fields.
  private let contentStart: Int
  /// The answers that need no look at the request, made once: a hit hands out a copy.
  let complete: Response
  let notModified: Response
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
    (self.contents, contentStart, complete) = Self.complete(metadata, fields, contents)
    notModified = Response(status: .notModified, renderedFields: fields.notModified)
    self.isSettled = isSettled
  }

  /// The same file, its bytes in memory.
  init(_ other: CachedFile, inMemory bytes: SharedBytes) {
    path = other.path
    hash = other.hash
    metadata = other.metadata
    type = other.type
    fields = other.fields
    (contents, contentStart, complete) = Self.complete(metadata, fields, .memory(bytes))
    notModified = other.notModified
    isSettled = other.isSettled
  }

  var isInMemory: Bool {
    if case .memory = contents { return true }
    return false
  }

  var holdsDescriptor: Bool { !isInMemory }

  /// Bytes that count against the cache's bound.
  package var cost: Int {
    guard case .memory(let bytes) = contents else { return 0 }
    return bytes.count - contentStart
  }

  /// A range of the file as the body of an answer.
  func body(_ range: Range<Int>) -> Response.Body {
    switch contents {
    case .memory(let bytes):
      .part(SharedPart(bytes, contentStart + range.lowerBound..<contentStart + range.upperBound))
    case .source(let source): .file(FileBody(source, range: range))
    }
  }

  /// Files up to this size lie behind their fields, so that an answer is one object and one copy.
  private static let renderedBytes = 4096

  private static func complete(
    _ metadata: FileMetadata, _ fields: FileFields, _ contents: Contents
  ) -> (Contents, start: Int, Response) {
    switch contents {
    case _ where metadata.size == 0:
      return (contents, 0, Response(status: .ok, renderedFields: fields.complete))
    case .memory(let bytes) where bytes.count <= renderedBytes:
      let start = fields.complete.count
      let rendered = SharedBytes(capacity: start + bytes.count) { output in
        output.append(copying: fields.complete.span)
        output.append(copying: bytes.span)
      }
      return (.memory(rendered), start, Response(status: .ok, body: .rendered(rendered, fieldBytes: start)))
    case .memory(let bytes):
      return (contents, 0, Response(status: .ok, renderedFields: fields.complete, body: .shared(bytes)))
    case .source(let source):
      let body = Response.Body.file(FileBody(source, range: 0..<metadata.size))
      return (contents, 0, Response(status: .ok, renderedFields: fields.complete, body: body))
    }
  }
}
