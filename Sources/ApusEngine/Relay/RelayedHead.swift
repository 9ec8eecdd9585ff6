// The head that a server gets: the client's field lines without those of its connection, and fields that
// describe the client. It is written directly from the received bytes into the bytes to send.

import ApusRing
import ApusWire

extension RelayPlan {
  /// The proxy's own response to a request for the proxy itself; nil for any other request.
  func ownAnswer(_ request: borrowing Request) throws(RelayRefusal) -> Response? {
    guard isPlain(request) else { throw .path }
    guard
      !request.head.known.contains(.connection)
        || RelayedFields.hasFewOptions(request.bytes, request.fields)
    else { throw .connectionOptions }
    guard request.head.method.isOptions else { return nil }
    // RFC 9110 section 7.6.2. A malformed Max-Forwards must not allow the request to loop for ever.
    switch MaxForwards(request.bytes, request.fields) {
    case .absent: return nil
    case .left(let count): return count == 0 ? .ownMethods : nil
    case .malformed: throw .maxForwards
    }
  }

  /// The path as received means to the server what it means to the route: no dot segment leads elsewhere, and
  /// a prefix to be removed stands there literally. A server that compares only the beginning would otherwise
  /// serve what the route was not to reach.
  private func isPlain(_ request: borrowing Request) -> Bool {
    guard request.head.pathNeedsNormalising else { return true }
    let path = request.bytes.extracting(request.head.path.range)
    return !TargetPath.hasDotSegment(path, leadingUp: strippedPrefix.isEmpty) && hasPrefix(path)
  }

  private func hasPrefix(_ path: Span<UInt8>) -> Bool {
    let prefix = strippedPrefix
    return path.count >= prefix.count && path.extracting(0..<prefix.count).equals(prefix.span)
      && (path.count == prefix.count || path[prefix.count] == UInt8(ascii: "/"))
  }

  /// The client asks for another protocol. HTTP/2 without TLS is excluded: after its upgrade the proxy would
  /// not see the requests, which may go anywhere.
  static func switches(_ request: borrowing Request) -> Bool {
    request.head.upgradeRequested && request.head.framing == .none
      && !lists("h2c", in: "upgrade", of: request.bytes, fields: request.fields)
  }

  /// An upper bound on the bytes that `write` appends.
  func headBound(_ request: borrowing Request, _ server: RelayServer) -> Int {
    request.bytes.count + server.basePath.count + server.hostLine.count + 3 * request.head.host.range.count
      + 400 + (request.identity.map { $0.field.utf8.count + 64 } ?? 0)
  }

  /// Writes the head of the request as `server` gets it.
  func write(
    _ request: borrowing Request, to server: RelayServer, expectsContinue: Bool,
    into output: inout OutputSpan<UInt8>
  ) {
    output.append(copying: request.bytes[request.head.methodSlice])
    output.append(ascii: " ")
    writeTarget(request.bytes, request.head, server, into: &output)
    if preservesHost, !request.head.host.isEmpty {
      output.append(ascii: " HTTP/1.1\r\nHost: ")
      output.append(copying: request.bytes[request.head.host])
      output.append(ascii: "\r\n")
    } else {
      let line = server.hostLine
      output.append(copying: line.span)
    }
    let isOptions = request.head.method.isOptions
    (isOptions ? optionsFields : requestFields).copy(
      request.bytes, request.fields, hasConnection: request.head.known.contains(.connection),
      without: request.identity?.field, into: &output)
    if isOptions, case .left(let count) = MaxForwards(request.bytes, request.fields) {
      output.append(ascii: "Max-Forwards: ")
      output.append(decimal: count - 1)
      output.append(ascii: "\r\n")
    }
    if let identity = request.identity {
      output.append(copying: identity.field.utf8.span)
      output.append(ascii: ": ")
      output.append(copying: request.id.utf8.span)
      output.append(ascii: "\r\n")
    }
    if !telling.isEmpty {
      writeTelling(request, request.bytes.extracting(request.head.host.range), into: &output)
    }
    if Self.switches(request) { writeUpgrade(request, into: &output) }
    switch (request.head.contentCount, request.head.method) {
    case (0?, .post), (0?, .put), (0?, .patch): output.append(ascii: "Content-Length: 0\r\n")
    case (0?, _): break
    case (let count?, _):
      output.append(ascii: "Content-Length: ")
      output.append(decimal: count)
      output.append(ascii: "\r\n")
    case (nil, _): output.append(ascii: "Transfer-Encoding: chunked\r\n")
    }
    if expectsContinue { output.append(ascii: "Expect: 100-continue\r\n") }
    output.append(ascii: "\r\n")
  }

  /// Copies path and query as received, so that the server cannot interpret a rewritten form differently.
  private func writeTarget(
    _ bytes: Span<UInt8>, _ head: RequestHead, _ server: RelayServer, into output: inout OutputSpan<UInt8>
  ) {
    let base = server.basePath
    output.append(copying: base.span)
    let path = bytes[head.path].extracting(droppingFirst: min(strippedPrefix.count, head.path.range.count))
    if path.isEmpty || path[0] != UInt8(ascii: "/") { output.append(ascii: "/") }
    output.append(copying: path)
    guard head.hasQuery else { return }
    output.append(ascii: "?")
    output.append(copying: bytes[head.query])
  }

  private func writeUpgrade(_ request: borrowing Request, into output: inout OutputSpan<UInt8>) {
    guard let name = firstValue(of: "upgrade", in: request.bytes, fields: request.fields) else { return }
    output.append(ascii: "Connection: Upgrade\r\nUpgrade: ")
    output.append(copying: request.bytes[name])
    output.append(ascii: "\r\n")
  }

  private func writeTelling(
    _ request: borrowing Request, _ host: Span<UInt8>, into output: inout OutputSpan<UInt8>
  ) {
    if telling.contains(.xForwarded) {
      if let peer = request.peer {
        output.append(ascii: "X-Forwarded-For: ")
        peer.append(to: &output)
        output.append(ascii: "\r\n")
      }
      if !isTold("x-forwarded-proto", request) {
        output.append(
          ascii: request.role.isSecured ? "X-Forwarded-Proto: https\r\n" : "X-Forwarded-Proto: http\r\n")
      }
      if !host.isEmpty, !isTold("x-forwarded-host", request) {
        output.append(ascii: "X-Forwarded-Host: ")
        output.append(copying: host)
        output.append(ascii: "\r\n")
      }
    }
    if telling.contains(.forwarded) {
      output.append(ascii: "Forwarded: ")
      if let peer = request.peer {
        let isBracketed = peer.family == .v6 && !peer.isMapped
        output.append(ascii: isBracketed ? "for=\"[" : "for=")
        peer.append(to: &output)
        output.append(ascii: isBracketed ? "]\";" : ";")
      }
      if !host.isEmpty {
        output.append(ascii: "host=\"")
        output.append(copying: host)
        output.append(ascii: "\";")
      }
      output.append(ascii: request.role.isSecured ? "proto=https\r\n" : "proto=http\r\n")
    }
    if telling.contains(.via) {
      switch request.head.version {
      case .http10: output.append(ascii: "Via: 1.0 apus\r\n")
      case .http11: output.append(ascii: "Via: 1.1 apus\r\n")
      }
    }
  }

  /// A trusted proxy in front has set the field.
  private func isTold(_ name: String, _ request: borrowing Request) -> Bool {
    keepsForwarded && firstValue(of: name, in: request.bytes, fields: request.fields) != nil
  }
}

extension Method {
  /// A pattern match: `==` of another module's enumeration costs as much as a look at the whole head.
  fileprivate var isOptions: Bool { if case .options = self { true } else { false } }
}
