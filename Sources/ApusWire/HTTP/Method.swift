// Method: what a request asks for. The parser names the nine that RFC 9110 9 and RFC 5789 define; every other
// token is `other`, which the router answers with 501.

/// A request method. Case-sensitive, as RFC 9110 9.1 demands: `get` is not `GET`.
public enum Method: UInt8, Equatable, Hashable, Sendable, CaseIterable {
  case get
  case head
  case post
  case put
  case delete
  case connect
  case options
  case trace
  case patch
  /// A well-formed token that is none of the above.
  case other

  /// The method as it stands in a request line; empty for ``other``.
  public var name: String {
    switch self {
    case .get: "GET"
    case .head: "HEAD"
    case .post: "POST"
    case .put: "PUT"
    case .delete: "DELETE"
    case .connect: "CONNECT"
    case .options: "OPTIONS"
    case .trace: "TRACE"
    case .patch: "PATCH"
    case .other: ""
    }
  }

  /// The text may stand in a request line as a method.
  package static func isToken(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.allSatisfy { $0.isIn(ByteClass.token) }
  }

  /// Recognises a token.
  package init(_ token: Span<UInt8>) {
    self = token.count < 8 ? Method(word: token.word(at: 0, to: token.count), count: token.count) : .other
  }

  /// Recognises a token of `count` bytes, at most seven, given as a word that is zero behind them.
  @inline(__always)
  init(word: UInt64, count: Int) {
    // A NUL in the text looks like the word's padding: `GET` and two NULs must not pass for GET.
    guard word >> UInt64(truncatingIfNeeded: count &* 8 &- 8) != 0 else {
      self = .other
      return
    }
    switch word {
    case Word.of("GET"): self = .get
    case Word.of("POST"): self = .post
    case Word.of("HEAD"): self = .head
    case Word.of("PUT"): self = .put
    case Word.of("DELETE"): self = .delete
    case Word.of("OPTIONS"): self = .options
    case Word.of("PATCH"): self = .patch
    case Word.of("CONNECT"): self = .connect
    case Word.of("TRACE"): self = .trace
    default: self = .other
    }
  }

  /// Asked twice, they have the effect of once (RFC 9110 9.2.2), so a client may repeat
  /// them when it cannot know.
  public var isIdempotent: Bool { isSafe || self == .put || self == .delete }

  /// Safe methods change nothing at the server (RFC 9110 9.2.1).
  public var isSafe: Bool {
    switch self {
    case .get, .head, .options, .trace: true
    default: false
    }
  }
}

extension Method: CustomStringConvertible {
  /// As ``name``; `other` for ``other``.
  public var description: String { self == .other ? "other" : name }
}
