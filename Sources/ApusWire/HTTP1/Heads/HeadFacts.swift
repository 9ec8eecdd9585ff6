// HeadFacts: what the decisive fields of one head say, gathered line by line and judged together at the end.
// Framing is decided here and nowhere else (RFC 9112 6.3), persistence too (9.3).

struct HeadFacts {
  var known: KnownFields = []
  private var host: ByteSlice = .empty
  private var isHostValid = false
  private var hostCount: UInt16 = 0
  private var length = ContentLength()
  private var transferCodings = TransferCodings()
  private var connection = ConnectionOptions()
  private var expectsContinue = false
  private var expectsUnknown = false

  /// Takes in one line of a decisive field.
  @inline(__always)
  mutating func note(
    _ field: KnownFields, _ value: ByteSlice, in bytes: Span<UInt8>, _ knownHost: inout KnownHost
  ) {
    let text = bytes[value]
    switch field {
    case .host:
      hostCount &+= 1
      host = value
      isHostValid = knownHost.admits(text)
    case .connection:
      connection.formUnion(ConnectionOptions(text))
    case .contentLength:
      length.note(text)
    case .transferEncoding:
      transferCodings.note(text)
    case .expect:
      var list = FieldList(tokens: text)
      while let member = list.next() {
        if text.extracting(member).equalsIgnoringCase("100-continue") {
          expectsContinue = true
        } else {
          expectsUnknown = true
        }
      }
    default: break
    }
  }

  /// The same of a head in which the field lines begin further on, or, as the offset wraps, further in front.
  @inline(__always)
  func moved(by offset: UInt16) -> HeadFacts {
    var moved = self
    if hostCount > 0 { moved.host = host.moved(by: offset) }
    return moved
  }

  /// Judges the head as a whole and fills `head`.
  @inline(__always)
  func finish(
    _ line: RequestLine, byteCount: Int, fieldCount: Int, into head: inout RequestHead
  ) -> ParseOutcome {
    let isOld = line.version == .http10
    if hostCount != 1 {
      if hostCount > 1 { return .invalid(.duplicateHost) }
      if !isOld { return .invalid(.missingHost) }
    } else if !isHostValid {
      return .invalid(.invalidHost)
    }
    var framing = BodyFraming.none
    if known.contains(.transferEncoding) {
      let fault = transferCodings.fault(besideLength: known.contains(.contentLength), isOld: isOld)
      if let fault { return .invalid(fault) }
      framing = .chunked
    } else if known.contains(.contentLength) {
      if let error = length.fault { return .invalid(error) }
      if length.value > 0 { framing = .length(length.value) }
    }

    head.method = line.method
    head.methodSlice = line.methodSlice
    head.version = line.version
    head.targetForm = line.target.form
    head.scheme = line.target.scheme
    head.path = line.target.path
    head.query = line.target.query
    head.hasQuery = line.target.hasQuery
    head.pathNeedsNormalising = line.target.pathNeedsNormalising
    head.host = line.target.authority.isEmpty ? host : line.target.authority
    head.framing = framing
    head.keepsAlive = !connection.contains(.close) && (!isOld || connection.contains(.keepAlive))
    head.expectsContinue = expectsContinue && !isOld && framing != .none
    head.upgradeRequested = !isOld && known.contains(.upgrade) && connection.contains(.upgrade)
    head.isPlainGet =
      line.method == .get && !isOld && line.target.form == .origin && !line.target.pathNeedsNormalising
      && framing == .none && head.keepsAlive && known.isDisjoint(with: .conditional)
    head.known = known
    head.byteCount = byteCount
    head.fieldCount = fieldCount
    return expectsUnknown && !isOld ? .invalid(.unknownExpectation) : .complete
  }
}
