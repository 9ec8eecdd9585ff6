// Answer: one response as a simulated peer read it.

package import ApusRing

package struct Answer: Sendable {
  package var status: Int
  /// In their order, names as sent.
  package var fields: [(name: String, value: String)]
  /// The content, without chunked framing.
  package var body: [UInt8]
  /// When its last byte was read.
  package var time: Instant

  /// The values of all fields of this name, joined as RFC 9110 §5.3 allows.
  package subscript(name: String) -> String? {
    let values = fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    return values.isEmpty ? nil : values.joined(separator: ", ")
  }

  package var text: String { String(decoding: body, as: UTF8.self) }

  /// The answer announces that the connection ends after it.
  package var closes: Bool {
    (self["connection"] ?? "").lowercased().split(separator: ",").contains { $0.trimmingSpaces() == "close" }
  }
}

extension Substring {
  func trimmingSpaces() -> Substring {
    let isSpace = { (character: Character) in character == " " || character == "\t" }
    var rest = drop(while: isSpace)
    while let last = rest.last, isSpace(last) { rest.removeLast() }
    return rest
  }
}
