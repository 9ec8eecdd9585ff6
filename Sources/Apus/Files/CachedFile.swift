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
    self.contents = contents
    complete = Self.complete(metadata, fields, contents)
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
    contents = .memory(bytes)
    complete = Self.complete(metadata, fields, contents)
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
    return bytes.count <= Self.renderedBytes ? 2 * bytes.count : bytes.count
  }

  /// A range of the file as the body of an answer.
  func body(_ range: Range<Int>) -> Response.Body {
    switch contents {
    case .memory(let bytes): .part(SharedPart(bytes, range))
    case .source(let source): .file(FileBody(source, range: range))
    }
  }

  /// Files up to this size are kept a second time behind their fields, so that an answer is one object and one copy.
  private static let renderedBytes = 4096

  private static func render(_ fields: SharedBytes, _ content: SharedBytes) -> SharedBytes {
    SharedBytes(capacity: fields.count + content.count) { output in
      output.append(copying: fields.span)
      output.append(copying: content.span)
    }
  }

  private static func complete(
    _ metadata: FileMetadata, _ fields: FileFields, _ contents: Contents
  ) -> Response {
    let body: Response.Body =
      switch contents {
      case _ where metadata.size == 0: .none
      case .memory(let bytes) where bytes.count <= renderedBytes:
        .rendered(Self.render(fields.complete, bytes), fieldBytes: fields.complete.count)
      case .memory(let bytes): .shared(bytes)
      case .source(let source): .file(FileBody(source, range: 0..<metadata.size))
      }
    if case .rendered = body { return Response(status: .ok, body: body) }
    return Response(status: .ok, renderedFields: fields.complete, body: body)
  }
}
