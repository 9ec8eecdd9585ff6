// Status: the three digits of an answer, and their reason phrase.

/// A status code (RFC 9110 15).
public struct Status: Equatable, Hashable, Sendable, ExpressibleByIntegerLiteral {
  /// The three digits. 100...599, but where a program has taken another number for one.
  public let code: UInt16

  /// Any number, such as one that a client has sent; it never traps. Outside of 200...599 it is no answer's:
  /// the server sends 500 in its place (RFC 9110 15).
  public init(_ code: UInt16) { self.code = code }

  /// The same for a literal: traps unless it is in 100...599.
  public init(integerLiteral code: UInt16) {
    precondition((100...599).contains(code), "status \(code) is outside 100...599")
    self.code = code
  }

  /// Whether an answer may end with it: 2xx to 5xx.
  public var isFinal: Bool { code &- 200 < 400 }

  /// 1xx: an interim answer, to be followed by another.
  public var isInformational: Bool { code < 200 }
  /// 2xx.
  public var isSuccess: Bool { (200..<300).contains(code) }
  /// 4xx or 5xx.
  public var isError: Bool { code >= 400 }

  /// Whether an answer with this status never has content, whatever its fields say (RFC
  /// 9112 6.3): 1xx, 204, 304.
  public var forbidsContent: Bool { code < 200 || code == 204 || code == 304 }
}
