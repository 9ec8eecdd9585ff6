// RequestHead: what a parse found, as numbers and slices over bytes that somebody else owns. Trivial: it can
// be kept, copied and forgotten without cost, and it means nothing without those bytes.

/// The facts of one request head.
package struct RequestHead: Sendable {
  /// The four forms of RFC 9112 3.2.
  package enum TargetForm: UInt8, Sendable { case origin, absolute, authority, asterisk }
  package enum Version: UInt8, Sendable { case http10, http11 }
  /// The scheme of an absolute-form target; `none` otherwise.
  package enum Scheme: UInt8, Sendable { case none, http, https }

  package var method: Method = .other
  package var targetForm: TargetForm = .origin
  package var scheme: Scheme = .none
  /// HTTP/1.2 to 1.9 count as 1.1 (RFC 9110 6.2).
  package var version: Version = .http11
  package var methodSlice: ByteSlice = .empty
  /// The query without its `?`.
  package var query: ByteSlice = .empty
  /// Whether there was a `?`, even with nothing behind it.
  package var hasQuery = false
  /// False if the path is certainly its own normal form; see `TargetPath`.
  package var pathNeedsNormalising = false
  /// The authority that the request is for: the target's own if it has one, otherwise the value of Host
  /// (RFC 9112 3.2.2). Empty only in HTTP/1.0.
  package var host: ByteSlice = .empty
  package var framing: BodyFraming = .none
  /// Whether the peer lets the connection outlive this exchange (RFC 9112 9.3).
  package var keepsAlive = false
  /// Whether the peer waits for 100 before it sends its body. Never without a body, never in HTTP/1.0.
  package var expectsContinue = false
  /// Whether the peer asks to switch protocols (RFC 9110 7.8). Never in HTTP/1.0.
  package var upgradeRequested = false
  /// A GET of HTTP/1.1 in origin form, for a path that is its own normal form, without content, conditions or
  /// ranges, whose connection may go on.
  package var isPlainGet = false
  /// Which fields are there.
  package var known: KnownFields = []
  /// The target's path as it came in. Empty for asterisk- and authority-form, and for an absolute-form target
  /// without a path, which means `/`.
  ///
  /// It stands here because it is looked at by itself, and what lies before and behind it is copied sixteen
  /// bytes at a time, as it was written: the processor waits for what is read in other pieces.
  package var path: ByteSlice = .empty
  /// The whole head, from leading empty lines to the one that ends it.
  package var byteCount = 0
  package var fieldCount = 0

  package init() {}

  /// Bytes of the content, 0 if there is none; nil if its length is not announced.
  package var contentCount: UInt64? {
    switch framing {
    case .none: 0
    case .length(let count): count
    case .chunked: nil
    }
  }
}
