// FileBody: part of a file as the body of an answer.

/// The bytes of `source` that an answer carries. An object, so that bodies of all kinds
/// are as small as a String.
package final class FileBody {
  package let source: FileSource
  /// Offsets in the file; the answer's Content-Length is `range.count`.
  package let range: Range<Int>

  package init(_ source: FileSource, range: Range<Int>) {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= source.metadata.size,
      "body \(range) of a file of \(source.metadata.size) bytes")
    self.source = source
    self.range = range
  }
}
