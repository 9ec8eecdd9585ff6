// Counts of the cache's contents, for tests and metrics.

extension FileHandler {
  /// Files that answers are ready for.
  package var cachedFiles: Int { cache.value.count }
  /// Bytes of contents in memory.
  package var cachedBytes: Int { cache.value.contentBytes }
  /// Files held open between answers.
  package var openFiles: Int { cache.value.descriptors }
}
