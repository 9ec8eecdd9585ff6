// QueryItems: the pairs of a query.

/// One `name=value` of a query; ranges of the query's bytes.
package struct QueryItem: Equatable, Sendable {
  package var name: Range<Int>
  /// Empty at the name's end if there is no `=`.
  package var value: Range<Int>
  /// Whether either holds `%` or `+`.
  package var needsDecoding: Bool
}

/// Walks a query without copying.
package struct QueryItems: ~Escapable {
  private let query: Span<UInt8>
  private var cursor = 0

  @_lifetime(copy query)
  package init(_ query: Span<UInt8>) { self.query = query }

  /// The next pair that is not empty.
  @_lifetime(self: copy self)
  package mutating func next() -> QueryItem? {
    while cursor < query.count {
      let start = cursor
      var separator: Int?
      var needsDecoding = false
      while cursor < query.count, query[cursor] != ASCII.ampersand {
        let byte = query[cursor]
        if byte == ASCII.equals, separator == nil { separator = cursor }
        if byte == ASCII.percent || byte == ASCII.plus { needsDecoding = true }
        cursor += 1
      }
      let end = cursor
      cursor += 1
      if end > start {
        let nameEnd = separator ?? end
        return QueryItem(
          name: start..<nameEnd, value: min(nameEnd + 1, end)..<end, needsDecoding: needsDecoding)
      }
    }
    return nil
  }
}
