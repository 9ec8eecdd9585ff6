// ResponseField: one field line of an answer, checked when it is made, so that no text of
// a peer's can end a line.

/// A header field of a response.
public struct ResponseField: Equatable, Sendable {
  /// A token, RFC 9110 5.1; empty if what was given is none.
  public let name: String
  /// Without white space around it and without control characters, RFC 9110 5.5; empty in
  /// a field that is refused.
  public let value: String
  /// The text that this was made of cannot stand in a field line. An answer with such a field is not
  /// sent: 500 is, in its place.
  public let isRefused: Bool

  /// A field of any text, such as what a client has sent. It never traps: a name that is not a token, or a
  /// value that could break out of its line, makes a field that is refused. A handler that answers with one
  /// has answered 500; a client throws `ClientError.invalidField`.
  public init(_ name: String, _ value: String) {
    let isName = Self.isName(name)
    let isRefused = !isName || !Self.isValue(value)
    self.name = isName ? name : ""
    self.value = isRefused ? "" : value
    self.isRefused = isRefused
  }

  /// nil if the name is not a token or the value could break out of its line: CR, LF, NUL or another control
  /// character but TAB. White space around the value is refused too, since a recipient would drop it.
  public init?(name: String, value: String) {
    self.init(name, value)
    if isRefused { return nil }
  }

  /// A field that the program's text has in full: traps where the others refuse, when it is first made.
  public init(literal name: StaticString, _ value: StaticString) {
    self.init(name.description, value.description)
    precondition(!isRefused, "\(name): \(value) is no field line")
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

  /// What the server makes of a handler's field.
  package enum Role {
    /// It is sent as it is.
    case plain
    /// It says what the server itself says of every answer, when it was made and how it is
    /// framed, and is left out.
    case server
    /// It is the answer's type.
    case type
    /// It says of the connection what may be the server's to say.
    case connection
  }

  package var role: Role {
    let bytes = name.utf8.span
    return switch bytes.count {
    case 4: bytes.equalsIgnoringCase("date") ? .server : .plain
    case 10: bytes.equalsIgnoringCase("connection") ? .connection : .plain
    case 12: bytes.equalsIgnoringCase("content-type") ? .type : .plain
    case 14: bytes.equalsIgnoringCase("content-length") ? .server : .plain
    case 17: bytes.equalsIgnoringCase("transfer-encoding") ? .server : .plain
    default: .plain
    }
  }

  /// Bytes of the line with its colon, space and CRLF.
  package var byteCount: Int { name.utf8.count + value.utf8.count + 4 }
}
