// Writes a response's extra fields. These are methods of the object itself, because taking its parts out
// would count a reference to each.

import ApusRing
import ApusWire

extension Response.Extras {
  var refusedField: String? {
    guard isRefused else { return nil }
    return type?.isRefused == true ? "Content-Type" : fields.first(where: \.isRefused)?.name
  }

  /// An upper bound of the bytes that `write` appends.
  func byteBound(_ writer: borrowing HeadWriter) -> Int {
    if let relayed { return writer.byteBound + relayed.bytes.count }
    let encodedBytes = renderedFields?.count ?? 0
    return isRendered
      ? writer.byteBound + encodedBytes : writer.byteBound(extra: allFields, encodedBytes: encodedBytes)
  }

  /// Writes `head` with these fields.
  func write(_ head: ResponseHead, by writer: borrowing HeadWriter, into output: inout OutputSpan<UInt8>) {
    if let relayed {
      writer.write(
        head, relaying: relayed.bytes, relayed.fields,
        hasConnection: relayed.head.known.contains(.connection),
        Self.relayedFields, into: &output)
    } else if let renderedFields {
      writer.write(head, extra: isRendered ? [] : allFields, encoded: renderedFields.span, into: &output)
    } else {
      writer.write(head, extra: allFields, encoded: Span(), into: &output)
    }
  }

  static let relayedFields = RelayedFields.response()

  /// The fields as they are written, `Content-Type` first.
  private var allFields: [ResponseField] {
    guard let type, let field = ResponseField(name: "Content-Type", value: type.text) else { return fields }
    return [field] + fields
  }
}
