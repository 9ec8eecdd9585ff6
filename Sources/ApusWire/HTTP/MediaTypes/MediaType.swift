// MediaType: the value of Content-Type.

/// A media type with its parameters (RFC 9110 8.3.1).
public struct MediaType: Equatable, Hashable, Sendable {
  /// One representation per type: what has a byte is never text.
  package enum Storage: Equatable, Hashable, Sendable {
    case known(KnownMediaType)
    case other(String)
    /// Made of a text that is no type.
    case refused
  }

  package let storage: Storage

  /// As it stands in `Content-Type`; empty for one that is refused. One allocation for a
  /// type that has a name here.
  public var text: String {
    switch storage {
    case .known(let known): known.text
    case .other(let text): text
    case .refused: ""
    }
  }

  /// The text that this was made of is no media type. An answer with it is not sent: 500 is, in its place.
  public var isRefused: Bool { if case .refused = storage { true } else { false } }

  /// A type from any text. It never traps: what is not `type/subtype`, with parameters or without,
  /// makes a type that is refused.
  public init(_ text: String) {
    if let type = MediaType(validating: text) { self = type } else { storage = .refused }
  }

  /// Takes a type from outside, such as a command line; nil unless it is `type/subtype`,
  /// with parameters or without.
  public init?(validating text: String) {
    let slash = text.utf8.firstIndex(of: ASCII.slash)
    let end = text.utf8.firstIndex(of: ASCII.semicolon) ?? text.utf8.endIndex
    guard let slash, slash < end, ResponseField(name: "Content-Type", value: text) != nil,
      Self.isToken(text.utf8[..<slash]), Self.isToken(text.utf8[text.utf8.index(after: slash)..<end])
    else { return nil }
    self.init(wellFormed: text)
  }

  private static func isToken(_ text: Substring.UTF8View) -> Bool {
    !text.isEmpty && text.allSatisfy { $0.isIn(ByteClass.token) }
  }

  /// A type known to be well-formed.
  init(wellFormed text: String) {
    storage = KnownMediaType(text: text).map { .known($0) } ?? .other(text)
  }

  /// nil for a type without a name.
  package var known: KnownMediaType? {
    if case .known(let known) = storage { known } else { nil }
  }

  /// A type with a name.
  package init(_ known: KnownMediaType) { storage = .known(known) }

  // Computed: a stored static costs a check of its initialisation at each use.

  /// `text/plain; charset=utf-8`
  public static var text: MediaType { MediaType(.text) }
  /// `text/html; charset=utf-8`
  public static var html: MediaType { MediaType(.html) }
  /// `text/css; charset=utf-8`
  public static var css: MediaType { MediaType(.css) }
  /// `text/javascript; charset=utf-8`
  public static var javascript: MediaType { MediaType(.javascript) }
  /// `application/json`; UTF-8 by definition (RFC 8259 8.1)
  public static var json: MediaType { MediaType(.json) }
  /// `application/problem+json` (RFC 9457)
  public static var problemJSON: MediaType { MediaType(.problemJSON) }
  /// `application/xml`
  public static var xml: MediaType { MediaType(.xml) }
  /// `application/octet-stream`
  public static var octetStream: MediaType { MediaType(.octetStream) }
  /// `application/x-www-form-urlencoded`
  public static var form: MediaType { MediaType(.form) }
  /// `text/event-stream`
  public static var eventStream: MediaType { MediaType(.eventStream) }
  /// `image/svg+xml`
  public static var svg: MediaType { MediaType(.svg) }
  /// `image/png`
  public static var png: MediaType { MediaType(.png) }
}
