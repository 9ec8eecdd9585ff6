// ResponseField: one field line of an answer, checked when it is made, so that no text of a peer's can end a line.

/// A header field of a response.
public struct ResponseField: Equatable, Sendable {
  /// A token, RFC 9110 5.1.
  public let name: String
  /// Without white space around it and without control characters, RFC 9110 5.5.
  public let value: String

  /// nil if the name is not a token or the value could break out of its line: CR, LF, NUL or another control
  /// character but TAB. White space around the value is refused too, since a recipient would drop it.
  public init?(name: String, value: String) {
    guard Self.isName(name), Self.isValue(value) else { return nil }
    self.name = name
    self.value = value
  }

  /// The same for text that the program itself wrote: traps where the other returns nil.
  public init(_ name: StaticString, _ value: String) {
    let name = name.description
    precondition(
      Self.isName(name) && Self.isValue(value), "\(name) is no field name, or its value breaks the line")
    self.name = name
    self.value = value
  }

  private static func isName(_ name: String) -> Bool {
    let bytes = name.utf8.span
    for index in bytes.indices where !bytes[index].isIn(ByteClass.token) { return false }
    return !bytes.isEmpty
  }

  private static func isValue(_ value: String) -> Bool {
    let bytes = value.utf8.span
    for index in bytes.indices where !bytes[index].isIn(ByteClass.text) { return false }
    return bytes.isEmpty || !(bytes[0].isBlank || bytes[bytes.count - 1].isBlank)
  }

  /// Says what the server itself says of every answer: when it was made and how it is framed.
  package var isOfServer: Bool {
    let length = name.utf8.count
    guard length == 4 || length == 14 || length == 17 else { return false }
    return ["date", "content-length", "transfer-encoding"].contains(name.lowercased())
  }

  /// Bytes of the line with its colon, space and CRLF.
  package var byteCount: Int { name.utf8.count + value.utf8.count + 4 }
}
