// FilePart: what of a file the socket is to take straight from the page cache.

/// Part of a file, behind what is left of the head of its answer.
package struct FilePart {
  /// Sent first, unless it has left.
  package let head: ReadableRegion?
  package let source: FileSource
  /// The part in the file, in bytes.
  package let offset: Int
  package let count: Int
  /// Nothing of the answer follows.
  package let isLast: Bool

  package var total: Int { (head?.count ?? 0) + count }

  package init(head: ReadableRegion?, _ source: FileSource, offset: Int, count: Int, isLast: Bool) {
    self.head = head
    self.source = source
    self.offset = offset
    self.count = count
    self.isLast = isLast
  }
}
