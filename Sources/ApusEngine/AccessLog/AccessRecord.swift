// AccessRecord: the access log's facts about one response; a view of bytes that the connection still holds.

package import ApusRing

/// The facts of one line. Nothing is copied; the bytes may need escaping.
package struct AccessRecord: ~Escapable {
  package let peer: PeerAddress?
  /// When the line is written, in seconds since 1970.
  package let unixSeconds: Int64
  /// The part that was received, unchanged and without its line end; empty if nothing was received.
  package let requestLine: Span<UInt8>
  package let status: UInt16
  /// Bytes of the response's content that our kernel took.
  package let bodyBytes: UInt64
  /// The connection ended before our kernel had the whole response.
  package let isCut: Bool
  /// The field's value; empty if there is none.
  package let referer: Span<UInt8>
  /// The field's value; empty if there is none.
  package let userAgent: Span<UInt8>
  /// From the turn that saw the last byte of the request's head until our kernel had the response's last
  /// byte, or the response was cut.
  package let durationNanoseconds: UInt64
  /// What the connection's handshake agreed on; nil without TLS.
  package let security: ConnectionSecurity?

  @_lifetime(copy requestLine, copy referer, copy userAgent)
  package init(
    peer: PeerAddress?, unixSeconds: Int64, requestLine: Span<UInt8>, status: UInt16, bodyBytes: UInt64,
    isCut: Bool = false, referer: Span<UInt8>, userAgent: Span<UInt8>, durationNanoseconds: UInt64,
    security: ConnectionSecurity? = nil
  ) {
    self.peer = peer
    self.unixSeconds = unixSeconds
    self.requestLine = requestLine
    self.status = status
    self.bodyBytes = bodyBytes
    self.isCut = isCut
    self.referer = referer
    self.userAgent = userAgent
    self.durationNanoseconds = durationNanoseconds
    self.security = security
  }
}
