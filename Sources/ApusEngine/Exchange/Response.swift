// Response: what a handler answers, a value. The engine writes its head, decides on Connection and Content-Length, and
// sends the body from wherever it lies.

package import ApusRing
public import ApusWire

/// An answer: status, fields and a body of known length.
///
/// `Date`, `Content-Length` and `Connection` are the server's; setting them here has no effect on framing.
public struct Response {
  /// RFC 9110 section 15.
  public var status: Status
  /// `Content-Type`; nil sends none.
  public var mediaType: MediaType?
  /// Further field lines, in order.
  public var fields: [ResponseField]
  /// Field lines that were rendered before, each with its CRLF, sent as they are.
  package var renderedFields: SharedBytes?
  package var body: Body

  package enum Body {
    case none
    case text(String)
    case bytes([UInt8])
    case shared(SharedBytes, Range<Int>)
    case file(FileBody)

    /// Bytes; what `Content-Length` says.
    package var count: UInt64 {
      switch self {
      case .none: 0
      case .text(let text): UInt64(text.utf8.count)
      case .bytes(let bytes): UInt64(bytes.count)
      case .shared(_, let range): UInt64(range.count)
      case .file(let file): UInt64(file.range.count)
      }
    }
  }

  package init(
    status: Status, mediaType: MediaType? = nil, fields: [ResponseField] = [], renderedFields: SharedBytes? = nil,
    body: Body = .none
  ) {
    self.status = status
    self.mediaType = mediaType
    self.fields = fields
    self.renderedFields = renderedFields
    self.body = body
  }
}
