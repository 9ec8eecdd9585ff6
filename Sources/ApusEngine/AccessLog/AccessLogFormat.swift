// AccessLogFormat: the format of the access log's lines.

/// The format of an access log's lines.
///
/// A line is written when our kernel has taken its response's last byte, or when the response is cut: the
/// connection ended before that. It gives the number of bytes of content (without the head, and without the
/// framing of chunks) that the kernel took. The line of a cut response ends in the word ` cut`; in JSON it
/// has `"cut":true`.
public enum AccessLogFormat: String, CaseIterable, Sendable {
  /// `peer - - [time] "request line" status bytes`, the Common Log Format of NCSA httpd.
  case common
  /// `common`, then `"referer" "user agent"`.
  case combined
  /// One JSON object (RFC 8259) with these facts, `cut`, and `duration_ns`: nanoseconds from the turn that
  /// saw the last byte of the request's head until the line is written.
  case json
}
