// FoldedLines: field lines that go on in the next line, which then starts with white space (RFC 9112 5.2). A
// client takes them, in responses; a server refuses them, and so does a proxy in what its servers answer.

package enum FoldedLines {
  /// Appends `lines` with one space in place of each fold and of the white space around it; no
  /// more bytes than they are.
  ///
  /// - Parameter lines: A head or a trailer section that a scanner or a decoder has found well-formed.
  package static func unfold(_ lines: Span<UInt8>, into output: inout OutputSpan<UInt8>) {
    var cursor = 0
    while cursor < lines.count {
      guard isFold(lines, at: cursor) else {
        output.append(lines[cursor])
        cursor += 1
        continue
      }
      while output.count > 0, output.span[output.count - 1].isBlank { _ = output.removeLast() }
      output.append(ASCII.space)
      cursor += 2
      while cursor < lines.count, lines[cursor].isBlank { cursor += 1 }
    }
  }

  private static func isFold(_ lines: Span<UInt8>, at cursor: Int) -> Bool {
    cursor + 2 < lines.count && lines[cursor] == ASCII.carriageReturn && lines[cursor + 1] == ASCII.lineFeed
      && lines[cursor + 2].isBlank
  }
}
