// Writing to a block, and describing its bytes to the kernel. They are not beside the block because each
// response needs both: a closure passed to another module is called, not inlined, at 100 instructions.

package import ApusRing

extension Block {
  /// Lets `body` append after the first `count` bytes; `count` grows by what it appended.
  @inline(__always)
  package func append(after count: inout Int, _ body: (inout OutputSpan<UInt8>) -> Void) {
    precondition(count >= 0 && count <= capacity, "\(count) bytes in a block of \(capacity)")
    // Safety: the free part of the block, which nothing else reads or writes during the call.
    let free = unsafe UnsafeMutableBufferPointer(
      start: base.map { unsafe ($0 + count).assumingMemoryBound(to: UInt8.self) }, count: capacity - count)
    var output = unsafe OutputSpan(buffer: free, initializedCount: 0)
    body(&output)
    count += unsafe output.finalize(for: free)
  }

  /// The part of the block that the kernel may read. Traps for `.none`.
  @inline(__always)
  func readable(from start: Int, count: Int) -> ReadableRegion {
    precondition(start >= 0 && count >= 0 && start + count <= capacity, "\(start)+\(count) of \(capacity)")
    // Safety: inside the block, as just checked.
    return unsafe ReadableRegion(base: base! + start, count: count)
  }
}
