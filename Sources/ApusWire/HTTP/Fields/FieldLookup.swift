// Finding a field by its name in a parsed head.

/// The value of the first line named `lowercasedName`, case-insensitively; nil if there is none.
///
/// Costs one comparison of lengths per line. Ask `RequestHead.known` first where the field has a bit.
package func firstValue(
  of lowercasedName: String, in bytes: Span<UInt8>, fields: Span<FieldLine>
) -> ByteSlice? {
  nextValue(of: lowercasedName, from: 0, in: bytes, fields: fields)?.value
}

/// The first line named `lowercasedName` from line `index` on: its value, and its index.
package func nextValue(
  of lowercasedName: String, from index: Int, in bytes: Span<UInt8>, fields: Span<FieldLine>
) -> (value: ByteSlice, index: Int)? {
  let name = lowercasedName.utf8.span
  var index = index
  while index < fields.count {
    let line = fields[index]
    if Int(line.name.count) == name.count, bytes[line.name].equalsIgnoringCase(name) {
      return (line.value, index)
    }
    index += 1
  }
  return nil
}

/// Whether any line named `lowercasedName` lists `lowercasedToken`, both in any case;
/// for fields that are lists.
package func lists(
  _ lowercasedToken: String, in lowercasedName: String, of bytes: Span<UInt8>, fields: Span<FieldLine>
) -> Bool {
  let token = lowercasedToken.utf8.span
  var index = 0
  while let found = nextValue(of: lowercasedName, from: index, in: bytes, fields: fields) {
    let value = bytes[found.value]
    var list = FieldList(value)
    while let member = list.next() {
      if value.extracting(member).equalsIgnoringCase(token) { return true }
    }
    index = found.index + 1
  }
  return false
}
