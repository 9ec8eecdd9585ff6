// From a file to an answer: conditions first, then ranges (RFC 9110 13.2.2), then all of it.

import ApusEngine
import ApusRing
import ApusWire

extension FileHandler {
  /// The answer to a GET or HEAD for `file`. HEAD differs in nothing here: the engine leaves its body out.
  func answer(_ file: CachedFile, to request: borrowing Request) -> Response {
    let known = request.head.known
    if known.isDisjoint(with: .conditional) { return file.complete }
    let tag = file.fields.etag
    let validators = Validators(
      etag: tag.span, lastModified: file.fields.lastModified, isLastModifiedStrong: file.isSettled)
    switch Preconditions.evaluate(
      request.method, known, in: request.bytes, fields: request.fields, against: validators)
    {
    case .notModified: return file.notModified
    case .preconditionFailed:
      failure = HTTPError(.preconditionFailed, "the file is not the one that the request is for")
      return refuse(.preconditionFailed)
    case .proceed: break
    }
    let size = file.metadata.size
    switch Preconditions.requestedRange(
      request.method, known, in: request.bytes, fields: request.fields, against: validators,
      size: UInt64(size))
    {
    case .whole: return file.complete
    case .satisfiable(let range): return partial(file, Int(range.lowerBound)..<Int(range.upperBound))
    case .unsatisfiable:
      failure = HTTPError(.rangeNotSatisfiable, "the file has \(size) bytes, and none in that range")
      return refuse(.rangeNotSatisfiable, fields: [ResponseField("Content-Range", "bytes */\(size)")])
    }
  }

  private func partial(_ file: CachedFile, _ range: Range<Int>) -> Response {
    let value = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(file.metadata.size)"
    return Response(
      status: .partialContent, fields: [ResponseField("Content-Range", value)],
      renderedFields: file.fields.complete, body: file.body(range))
  }
}
