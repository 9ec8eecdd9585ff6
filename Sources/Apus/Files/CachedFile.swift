// CachedFile: all that an answer from one file needs, made once and never changed. The cache holds it under a
// path; answers in flight hold its parts.

import ApusEngine
package import ApusRing
package import ApusWire

package final class CachedFile {
  /// Where the bytes come from.
  package enum Contents {
    /// As their second part if there are two: a small file's contents lie behind its fields.
    case memory(SharedBytes)
    case source(FileSource)
  }

  package let path: [UInt8]
  package let hash: UInt64
  package let metadata: FileMetadata
  package let type: MediaType
  package let fields: FileFields
  package let contents: Contents
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
    (self.contents, complete) = Self.complete(metadata, fields, contents)
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
    (contents, complete) = Self.complete(metadata, fields, .memory(bytes))
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
    return bytes.count - bytes.firstPartBytes
  }

  /// A range of the file as the body of an answer.
  func body(_ range: Range<Int>) -> Response.Body {
    switch contents {
    case .memory(let bytes):
      .part(
        SharedPart(bytes, bytes.firstPartBytes + range.lowerBound..<bytes.firstPartBytes + range.upperBound))
    case .source(let source): .file(FileBody(source, range: range))
    }
  }

  /// Files up to this size lie behind their fields, so that an answer is one object and one copy.
  private static let renderedBytes = 4096

  private static func complete(
    _ metadata: FileMetadata, _ fields: FileFields, _ contents: Contents
  ) -> (Contents, Response) {
    switch contents {
    case _ where metadata.size == 0:
      // Bytes rather than nothing: its length is known, and HEAD's answer has it, too.
      return (contents, Response(status: .ok, renderedFields: fields.complete, body: .bytes([])))
    case .memory(let bytes) where bytes.count <= renderedBytes:
      let start = fields.complete.count
      let rendered = SharedBytes(capacity: start + bytes.count, firstPartBytes: start) { output in
        output.append(copying: fields.complete.span)
        output.append(copying: bytes.span)
      }
      let never = Instant(nanoseconds: 0)
      return (.memory(rendered), Response(status: .ok, body: .rendered(rendered, repeatableUntil: never)))
    case .memory(let bytes):
      return (contents, Response(status: .ok, renderedFields: fields.complete, body: .shared(bytes)))
    case .source(let source):
      let body = Response.Body.file(FileBody(source, range: 0..<metadata.size))
      return (contents, Response(status: .ok, renderedFields: fields.complete, body: body))
    }
  }
}
