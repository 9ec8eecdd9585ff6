// OwnedBlock: working memory that is held for its owner's whole life, apart from any pool.

/// A block that is freed with the value.
@safe package struct OwnedBlock: ~Copyable {
  package let block: Block

  package init(_ bytes: Int) {
    precondition(bytes > 0, "a block of \(bytes) bytes")
    // Safety: freed in deinit; who lends it to the kernel keeps this value until the completion.
    block = unsafe Block(base: .allocate(byteCount: bytes, alignment: 64), capacity: bytes)
  }

  deinit { unsafe block.base?.deallocate() }
}
