// RequestWriter: from a request to the bytes of its head, for clients. What goes over the wire is made in one
// place, so that nothing a caller passes can end a line early.

/// Writes request heads (RFC 9112 3).
package enum RequestWriter {
  /// The head of a request: its line, Host, the caller's fields, then what frames a body, and the empty line.
  ///
  /// - Parameters:
  ///   - method: A token.
  ///   - target: Of visible bytes only, as `HTTPURL.target` has it.
  ///   - authority: The value of Host, unless `fields` has one.
  ///   - framing: `none` writes no length. A body of no bytes is `none`, except where the method expects one
  ///     (RFC 9110 8.6): then `Content-Length: 0` is written.
  package static func head(
    method: String, target: String, authority: String, fields: [ResponseField], framing: BodyFraming
  ) -> [UInt8] {
    precondition(
      method.utf8.allSatisfy { $0.isIn(ByteClass.token) } && !method.isEmpty, "\(method) is no method")
    precondition(target.utf8.allSatisfy { $0.isIn(ByteClass.target) }, "\(target) is no target")
    let names = fields.map { $0.name.lowercased() }
    var text = "\(method) \(target) HTTP/1.1\r\n"
    if !names.contains("host") { text += "Host: \(authority)\r\n" }
    for field in fields { text += "\(field.name): \(field.value)\r\n" }
    switch framing {
    case .none where ["POST", "PUT", "PATCH"].contains(method) && !names.contains("content-length"):
      text += "Content-Length: 0\r\n"
    case .none: break
    case .length(let count): if !names.contains("content-length") { text += "Content-Length: \(count)\r\n" }
    case .chunked: if !names.contains("transfer-encoding") { text += "Transfer-Encoding: chunked\r\n" }
    }
    return Array((text + "\r\n").utf8)
  }
}
