// Regions: memory named to the kernel. They are made by the buffers that own the memory, which keep it alive
// and in place until the operation's completion has been reaped.

/// Bytes that the kernel may read.
@safe public struct ReadableRegion: @unchecked Sendable {
  /// Safety: valid while the buffer that made the region keeps its memory.
  public let base: UnsafeRawPointer
  /// Bytes.
  public let count: Int

  /// Safety: the caller's storage outlives the operation that the region is enqueued with.
  @unsafe public init(base: UnsafeRawPointer, count: Int) {
    unsafe self.base = base
    self.count = count
  }

  /// The part from `offset`, `count` bytes long.
  public func part(from offset: Int, count: Int) -> ReadableRegion {
    precondition(
      offset >= 0 && count >= 0 && offset + count <= self.count, "region \(offset)+\(count) of \(self.count)")
    // Safety: inside the region, as just checked.
    return unsafe ReadableRegion(base: base + offset, count: count)
  }
}

/// Bytes that the kernel may write.
@safe public struct WritableRegion: @unchecked Sendable {
  /// Safety: valid while the buffer that made the region keeps its memory.
  public let base: UnsafeMutableRawPointer
  /// Bytes.
  public let count: Int

  /// Safety: the caller's storage outlives the operation that the region is enqueued with.
  @unsafe public init(base: UnsafeMutableRawPointer, count: Int) {
    unsafe self.base = base
    self.count = count
  }

  /// The part from `offset` on.
  public func part(from offset: Int) -> WritableRegion {
    precondition(offset >= 0 && offset <= count, "region from \(offset) on of \(count)")
    // Safety: inside the region, as just checked.
    return unsafe WritableRegion(base: base + offset, count: count - offset)
  }
}
