// The parts of a request that handlers read. A value that may outlive the handler is copied here, visibly.

public import ApusEngine
import ApusWire

extension Request {
  /// The text that the route's pattern captured under `name`, percent-decoded once: an encoded slash, which
  /// separates no segments, is a slash in it. Bytes that are not UTF-8 become U+FFFD; `parameterBytes` has
  /// them as they are. It costs one allocation if it is longer than 15 bytes.
  public func parameter(_ name: String) -> String? {
    guard let range = captureRange(name) else { return nil }
    let value = path.extracting(range)
    return head.pathNeedsNormalising ? String(undoing: value) : String(copying: value)
  }

  /// The same as bytes.
  public func parameterBytes(_ name: String) -> [UInt8]? {
    guard let range = captureRange(name) else { return nil }
    return [UInt8](undoing: path.extracting(range))
  }

  private func captureRange(_ name: String) -> Range<Int>? {
    guard let captures, let index = captures.names.firstIndex(of: name), index < captures.count else {
      return nil
    }
    return captures[index].range
  }

  /// The first field line with this name, ignoring case (RFC 9110 section 5.1); nil if there is none.
  public func header(_ name: String) -> String? {
    guard let slice = firstValue(of: name.lowercased(), in: bytes, fields: fields) else { return nil }
    return String(copying: bytes.extracting(slice.range))
  }

  /// The first value of a query parameter, form-decoded (`+` is a space); nil if there is none.
  public func query(_ name: String) -> String? {
    var items = QueryItems(query)
    while let item = items.next() {
      if String(formDecoding: query.extracting(item.name)) == name {
        return String(formDecoding: query.extracting(item.value))
      }
    }
    return nil
  }

  /// The address that the request's connection comes from, without its port: the client's, or a proxy's. It
  /// is nil at a Unix socket, and if neither a hook (`Hook(wantsAddresses:perCore:)`) nor
  /// `Server.Configuration.learnsPeerAddresses` asks for addresses.
  public var peerAddress: String? { peer?.text }

  /// The body as text; invalid UTF-8 is repaired.
  public var bodyText: String { String(copying: body) }
}

extension String {
  /// One name or value of a query or form (application/x-www-form-urlencoded), decoded.
  init(formDecoding text: Span<UInt8>) {
    let bytes = [UInt8](capacity: text.count) { (output: inout OutputSpan<UInt8>) in
      FormText.decode(text, into: &output)
    }
    self.init(decoding: bytes, as: UTF8.self)
  }

  /// A part of a request's path, with what stays escaped in it undone.
  init(undoing name: Span<UInt8>) { self.init(decoding: [UInt8](undoing: name), as: UTF8.self) }

  /// Copies bytes as UTF-8; what is invalid becomes U+FFFD.
  init(copying bytes: Span<UInt8>) {
    self.init(decoding: [UInt8](copying: bytes), as: UTF8.self)
  }
}

extension [UInt8] {
  /// A part of a request's path, with what stays escaped in it undone.
  init(undoing name: Span<UInt8>) {
    self.init(capacity: name.count) { (output: inout OutputSpan<UInt8>) in
      TargetPath.undo(name, into: &output)
    }
  }

  /// Copies the bytes.
  public init(copying bytes: Span<UInt8>) {
    self.init(capacity: bytes.count) { (output: inout OutputSpan<UInt8>) in output.append(copying: bytes) }
  }

  /// Appends the bytes. Room doubles: `reserveCapacity` gives what it is asked for, and what is gathered in
  /// small pieces would be copied for each of them.
  mutating func append(copying bytes: Span<UInt8>) {
    let needed = count + bytes.count
    if needed > capacity { reserveCapacity(Swift.max(needed, 2 * capacity)) }
    append(addingCapacity: bytes.count) { $0.append(copying: bytes) }
  }
}
