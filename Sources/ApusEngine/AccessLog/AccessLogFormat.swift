// AccessLogFormat: how a line of the access log looks.

/// The layout of an access log's lines.
///
/// A line is written when its answer's last byte is with our kernel, or when the answer is cut: the
/// connection ended before that. It says how many bytes of content (without the head, and without the
/// framing of chunks) the kernel took. The line of an answer that was cut ends in the word ` cut`; in
/// JSON it has `"cut":true`.
public enum AccessLogFormat: String, CaseIterable, Sendable {
  /// `peer - - [time] "request line" status bytes`, the Common Log Format of NCSA httpd.
  case common
  /// `common`, then `"referer" "user agent"`.
  case combined
  /// One JSON object (RFC 8259) with the same facts, `cut`, and `duration_ns`: nanoseconds from the turn that
  /// saw the last byte of the request's head until the line is written. Over TLS it has `tls`, the version,
  /// and `suite`.
  case json
}
