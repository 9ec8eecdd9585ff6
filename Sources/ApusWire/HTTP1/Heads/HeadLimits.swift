// HeadLimits: how large a head may be. Checked while the bytes arrive, so nothing larger is ever kept.

/// Bounds on the head of a request, or of a response that a client receives; in bytes.
public struct HeadLimits: Equatable, Sendable {
  /// The request line with its CRLF, past it 414; or the status line.
  package let requestLineBytes: Int
  /// The whole head, from the first byte to the empty line; past it 431.
  package let headBytes: Int
  /// Field lines; past it 431.
  package let fieldCount: Int

  /// Floors and ceilings: line 64 bytes...head, head 128...65,535 bytes (slices are 16 bits
  /// wide), fields 1...1,000.
  public init(requestLineBytes: Int = 8192, headBytes: Int = 32768, fieldCount: Int = 100) {
    precondition((128...65_535).contains(headBytes), "head limit \(headBytes) outside 128...65535")
    precondition(
      (64...headBytes).contains(requestLineBytes), "line limit \(requestLineBytes) outside 64...\(headBytes)")
    precondition((1...1000).contains(fieldCount), "field limit \(fieldCount) outside 1...1000")
    self.requestLineBytes = requestLineBytes
    self.headBytes = headBytes
    self.fieldCount = fieldCount
  }
}
