// RepeatedHead: the head that a core wrote last, ready to be written again. Answers of one route differ in
// their content, not in their heads; until the second changes, most heads are the one before.

/// Remembers a head once it was written twice in a row, so that answers which take turns do not
/// pay for being remembered.
struct RepeatedHead: ~Copyable {
  /// What tells one head from another, of those that are remembered.
  private struct Key: Equatable {
    let length: UInt64
    let status: UInt16
    let mediaType: UInt8

    /// nil for a head that says more, or whose length is not known.
    @inline(__always)
    init?(_ head: ResponseHead) {
      guard case .length(let length) = head.framing, case .implicit = head.connection else { return nil }
      self.length = length
      status = head.status.code
      mediaType = head.mediaType?.rawValue ?? .max
    }
  }

  private var bytes: [UInt8] = []
  /// Of the head in `bytes`.
  private var key: Key?
  /// Of the one that was written last.
  private var candidate: Key?

  /// The bytes are another second's.
  mutating func forget() { key = nil }

  /// Writes `head` if it is the one that is remembered.
  @inline(__always)
  func write(_ head: ResponseHead, into output: inout OutputSpan<UInt8>) -> Bool {
    guard let key, let wanted = Key(head), wanted == key else { return false }
    output.append(copying: bytes.span)
    return true
  }

  /// `head` was written, as `written`.
  mutating func note(_ head: ResponseHead, _ written: Span<UInt8>) {
    let key = Key(head)
    if let key, key == candidate {
      self.key = key
      // In the memory that it has: routes that take turns would allocate at each change.
      bytes.removeAll(keepingCapacity: true)
      bytes.append(addingCapacity: written.count) { $0.append(copying: written) }
    }
    candidate = key
  }
}
