// Writing to a block. It stands here and not beside the block because each answer is written this way, and a closure that
// is handed to another module is called, not inlined: 100 instructions of an answer.

package import ApusRing

extension Block {
  /// Lets `body` append after the first `count` bytes; `count` grows by what it appended.
  @inline(__always)
  package func append(after count: inout Int, _ body: (inout OutputSpan<UInt8>) -> Void) {
    precondition(count >= 0 && count <= capacity, "\(count) bytes in a block of \(capacity)")
    // Safety: the free part of the block, which nobody else reads or writes during the call.
    let free = unsafe UnsafeMutableBufferPointer(
      start: base.map { unsafe ($0 + count).assumingMemoryBound(to: UInt8.self) }, count: capacity - count)
    var output = unsafe OutputSpan(buffer: free, initializedCount: 0)
    body(&output)
    count += unsafe output.finalize(for: free)
  }
}
