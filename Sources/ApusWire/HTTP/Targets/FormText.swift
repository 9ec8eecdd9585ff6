// FormText: the decoding of a query's names and values (application/x-www-form-urlencoded, WHATWG URL 5.1).

package enum FormText {
  /// Appends `text` with `+` as a space and escapes decoded, once. A `%` without two hex digits stands for
  /// itself, as browsers have it. Never longer than the input; not checked to be UTF-8.
  package static func decode(_ text: Span<UInt8>, into output: inout OutputSpan<UInt8>) {
    var cursor = 0
    while cursor < text.count {
      let byte = text[cursor]
      cursor += 1
      if byte == ASCII.plus {
        output.append(ASCII.space)
      } else if byte == ASCII.percent, cursor + 1 < text.count, let high = text[cursor].hexValue,
        let low = text[cursor + 1].hexValue
      {
        output.append(high << 4 | low)
        cursor += 2
      } else {
        output.append(byte)
      }
    }
  }
}
