// Requests and answers in the currency of swift-http-types, made when somebody asks. With the
// package trait `HTTPTypes`.

#if HTTPTypes
  import ApusWire
  public import HTTPTypes

  extension Request {
    /// The head as swift-http-types has it. Cost: about a microsecond and an
    /// allocation or two for each field.
    public var httpRequest: HTTPRequest {
      let name = String(copying: bytes.extracting(head.methodSlice.range))
      var path = String(copying: bytes.extracting(head.path.range))
      if path.isEmpty { path = head.targetForm == .asterisk ? "*" : "/" }
      if head.hasQuery { path += "?" + String(copying: query) }
      let authority = head.host.isEmpty ? nil : String(copying: bytes.extracting(head.host.range))
      var request = HTTPRequest(
        method: HTTPRequest.Method(rawValue: name) ?? .get, scheme: scheme,
        authority: authority, path: path)
      for index in fields.indices {
        let line = fields[index]
        let value = String(copying: bytes.extracting(line.value.range))
        guard let name = HTTPField.Name(String(copying: bytes.extracting(line.name.range))),
          name != HTTPField.Name("Host")
        else { continue }
        request.headerFields.append(HTTPField(name: name, value: value))
      }
      return request
    }
  }

  extension Response {
    /// An answer from a head of swift-http-types. `Content-Length`, `Date` and `Connection` are
    /// the server's and left out.
    /// - Returns: nil if a field cannot stand in a head.
    public init?(_ head: HTTPResponse, body: [UInt8] = []) {
      guard (100...599).contains(head.status.code) else { return nil }
      var fields: [ResponseField] = []
      for field in head.headerFields where !Self.isOurs(field.name) {
        guard let checked = ResponseField(name: field.name.rawName, value: field.value) else { return nil }
        fields.append(checked)
      }
      let status = Status(UInt16(head.status.code))
      self = .bytes(body, status: status)
      mediaType = nil
      self.fields = fields
    }

    private static func isOurs(_ name: HTTPField.Name) -> Bool {
      switch name {
      case .contentLength, .date, .connection, .transferEncoding: true
      default: false
      }
    }
  }
#endif
