// Status: the three digits of an answer, and their reason phrase.

/// A status code (RFC 9110 15).
public struct Status: Equatable, Hashable, Sendable, ExpressibleByIntegerLiteral {
  /// The three digits, 100...599.
  public let code: UInt16

  /// Traps unless `code` is in 100...599: a code outside has no meaning to any client (RFC 9110 15).
  public init(_ code: UInt16) {
    precondition((100...599).contains(code), "status \(code) is outside 100...599")
    self.code = code
  }

  /// The same as `init(_:)`, for literals.
  public init(integerLiteral code: UInt16) { self.init(code) }

  /// 1xx: an interim answer, to be followed by another.
  public var isInformational: Bool { code < 200 }
  /// 2xx.
  public var isSuccess: Bool { (200..<300).contains(code) }
  /// 4xx or 5xx.
  public var isError: Bool { code >= 400 }

  /// Whether an answer with this status never has content, whatever its fields say (RFC 9112 6.3): 1xx, 204, 304.
  public var forbidsContent: Bool { code < 200 || code == 204 || code == 304 }
}
