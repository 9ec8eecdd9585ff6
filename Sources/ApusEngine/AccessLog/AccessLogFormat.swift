// AccessLogFormat: how a line of the access log looks.

/// The layout of an access log's lines.
public enum AccessLogFormat: String, CaseIterable, Sendable {
  /// `peer - - [time] "request line" status bytes`, the Common Log Format of NCSA httpd.
  case common
  /// `common`, then `"referer" "user agent"`.
  case combined
  /// One JSON object (RFC 8259) with the same facts and the duration.
  case json
}
