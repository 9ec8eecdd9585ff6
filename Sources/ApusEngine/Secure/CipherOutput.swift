// CipherOutput: where sessions append ciphertext, in a block that the caller holds.

package import ApusRing

/// The block and how much of it has been written.
package struct CipherOutput: Sendable {
  package let block: Block
  package private(set) var count: Int

  /// The first `count` bytes stay as they are.
  package init(_ block: Block, count: Int = 0) {
    precondition(count >= 0 && count <= block.capacity, "\(count) bytes in a block of \(block.capacity)")
    self.block = block
    self.count = count
  }

  package var room: Int { block.capacity - count }

  /// What has not been written.
  package var free: WritableRegion { block.writable(count..<block.capacity) }

  /// Appends what there is room for.
  mutating func append(_ bytes: some Sequence<UInt8>) {
    block.append(after: &count) { output in
      for byte in bytes where !output.isFull { output.append(byte) }
    }
  }

  /// So many bytes were written from the start of `free` on.
  package mutating func didAppend(_ bytes: Int) {
    precondition(bytes >= 0 && bytes <= room, "\(bytes) bytes where \(room) fit")
    count += bytes
  }
}
