// KnownFields: which of the fields that the server cares about a head has, so that whoever looks for one that
// is not there need not search.

/// A set of field names, one bit each.
package struct KnownFields: OptionSet, Equatable, Sendable {
  package let rawValue: UInt32

  package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let host = KnownFields(rawValue: 1 << 0)
  package static let connection = KnownFields(rawValue: 1 << 1)
  package static let contentLength = KnownFields(rawValue: 1 << 2)
  package static let transferEncoding = KnownFields(rawValue: 1 << 3)
  package static let expect = KnownFields(rawValue: 1 << 4)
  package static let upgrade = KnownFields(rawValue: 1 << 5)

  package static let ifMatch = KnownFields(rawValue: 1 << 6)
  package static let ifNoneMatch = KnownFields(rawValue: 1 << 7)
  package static let ifModifiedSince = KnownFields(rawValue: 1 << 8)
  package static let ifUnmodifiedSince = KnownFields(rawValue: 1 << 9)
  package static let ifRange = KnownFields(rawValue: 1 << 10)
  package static let range = KnownFields(rawValue: 1 << 11)

  package static let accept = KnownFields(rawValue: 1 << 12)
  package static let acceptEncoding = KnownFields(rawValue: 1 << 13)
  package static let acceptLanguage = KnownFields(rawValue: 1 << 14)
  package static let authorization = KnownFields(rawValue: 1 << 15)
  package static let cacheControl = KnownFields(rawValue: 1 << 16)
  package static let contentEncoding = KnownFields(rawValue: 1 << 17)
  package static let contentType = KnownFields(rawValue: 1 << 18)
  package static let cookie = KnownFields(rawValue: 1 << 19)
  package static let forwarded = KnownFields(rawValue: 1 << 20)
  package static let keepAlive = KnownFields(rawValue: 1 << 21)
  package static let origin = KnownFields(rawValue: 1 << 22)
  package static let referer = KnownFields(rawValue: 1 << 23)
  package static let te = KnownFields(rawValue: 1 << 24)
  package static let traceparent = KnownFields(rawValue: 1 << 25)
  package static let trailer = KnownFields(rawValue: 1 << 26)
  package static let userAgent = KnownFields(rawValue: 1 << 27)
  package static let webSocketKey = KnownFields(rawValue: 1 << 28)
  package static let webSocketVersion = KnownFields(rawValue: 1 << 29)
  package static let forwardedFor = KnownFields(rawValue: 1 << 30)
  package static let requestID = KnownFields(rawValue: 1 << 31)

  /// Fields that decide about framing, persistence and routing: the parser reads their values.
  static let decisive: KnownFields = [
    .host, .connection, .contentLength, .transferEncoding, .expect, .upgrade,
  ]

  /// Fields that make an answer conditional or partial.
  package static let conditional: KnownFields = [
    .ifMatch, .ifNoneMatch, .ifModifiedSince, .ifUnmodifiedSince, .ifRange, .range,
  ]

  /// Every name, in lower case.
  static let names: [(String, KnownFields)] = [
    ("accept", .accept),
    ("accept-encoding", .acceptEncoding),
    ("accept-language", .acceptLanguage),
    ("authorization", .authorization),
    ("cache-control", .cacheControl),
    ("connection", .connection),
    ("content-encoding", .contentEncoding),
    ("content-length", .contentLength),
    ("content-type", .contentType),
    ("cookie", .cookie),
    ("expect", .expect),
    ("forwarded", .forwarded),
    ("host", .host),
    ("if-match", .ifMatch),
    ("if-modified-since", .ifModifiedSince),
    ("if-none-match", .ifNoneMatch),
    ("if-range", .ifRange),
    ("if-unmodified-since", .ifUnmodifiedSince),
    ("keep-alive", .keepAlive),
    ("origin", .origin),
    ("range", .range),
    ("referer", .referer),
    ("sec-websocket-key", .webSocketKey),
    ("sec-websocket-version", .webSocketVersion),
    ("te", .te),
    ("traceparent", .traceparent),
    ("trailer", .trailer),
    ("transfer-encoding", .transferEncoding),
    ("upgrade", .upgrade),
    ("user-agent", .userAgent),
    ("x-forwarded-for", .forwardedFor),
    ("x-request-id", .requestID),
  ]
}
