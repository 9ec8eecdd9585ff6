// Method: what a request asks for. The parser names the nine that RFC 9110 9 and RFC 5789 define; every other token is
// `other`, which the router answers with 501.

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

  /// Recognises a token, one comparison of its length and one of its bytes.
  package init(_ token: Span<UInt8>) {
    switch token.count {
    case 3:
      self = token.equals("GET") ? .get : token.equals("PUT") ? .put : .other
    case 4:
      self = token.equals("POST") ? .post : token.equals("HEAD") ? .head : .other
    case 5:
      self = token.equals("PATCH") ? .patch : token.equals("TRACE") ? .trace : .other
    case 6:
      self = token.equals("DELETE") ? .delete : .other
    case 7:
      self = token.equals("OPTIONS") ? .options : token.equals("CONNECT") ? .connect : .other
    default:
      self = .other
    }
  }

  /// Safe methods change nothing at the server (RFC 9110 9.2.1).
  public var isSafe: Bool {
    switch self {
    case .get, .head, .options, .trace: true
    default: false
    }
  }
}
