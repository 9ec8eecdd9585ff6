// Request: a handler's view of a request, in the buffer that the kernel filled. The compiler proves that it
// does not outlive these bytes; anything that must outlive them is copied explicitly.

package import ApusRing
public import ApusWire

/// One request, lent to a handler for as long as it runs.
///
/// A `~Escapable` view: making it copies no bytes and allocates nothing. `~Copyable`, because it has some 200
/// bytes that should not be moved. `path` is percent-decoded once, except encoded slashes, and normalised.
public struct Request: ~Copyable, ~Escapable, Sendable {
  package let head: RequestHead
  /// The head as it arrived, from the request line to the empty line.
  package let bytes: Span<UInt8>
  package let fields: Span<FieldLine>
  /// The target's path, percent-decoded once, without dot segments and doubled slashes (RFC 3986 section
  /// 6.2.2). It is a name, not text: its bytes need not be UTF-8. An encoded slash stays `%2F`, and a literal
  /// `%2F` is `%252F`: captures undo both.
  public let path: Span<UInt8>
  /// The body, decoded and complete; empty if there is none.
  public let body: Span<UInt8>
  /// Start of the turn in which the response is made.
  package let now: Instant
  /// Start of the turn in which the last byte of its head arrived: earlier than `now` if its body arrived
  /// later or the request waited.
  package let arrivedAt: Instant
  /// `now` in seconds since 1970.
  package let unixSeconds: Int64
  /// Unique for each request of the process: each core's count begins at a random number.
  package let number: UInt64
  /// Address of the peer; nil if no handler wants it, or for a Unix socket.
  package let peer: PeerAddress?
  /// The role of the listener that it came by.
  package let role: ListenerRole
  /// What the handshake of its connection agreed on; nil for one that came without TLS.
  public let security: ConnectionSecurity?
  /// Captures of the route's pattern; set by the router. nil for a pattern without captures: making and
  /// dropping an empty list would cost every request 150 instructions.
  package var captures: Captures?
  /// The rule for its id; nil if the id is a number of its own.
  package var identity: RequestIdentity?

  @_lifetime(copy bytes, copy fields, copy path, copy body)
  package init(
    head: RequestHead, bytes: Span<UInt8>, fields: Span<FieldLine>, path: Span<UInt8>, body: Span<UInt8>,
    now: Instant, unixSeconds: Int64, number: UInt64 = 0,
    peer: PeerAddress? = nil, role: ListenerRole = ListenerRole(), security: ConnectionSecurity? = nil,
    arrivedAt: Instant? = nil
  ) {
    self.head = head
    self.bytes = bytes
    self.fields = fields
    self.path = path
    self.body = body
    self.now = now
    self.arrivedAt = arrivedAt ?? now
    self.unixSeconds = unixSeconds
    self.number = number
    self.peer = peer
    self.role = role
    self.security = security
    captures = nil
    identity = nil
  }

  /// `https` if the connection is encrypted, else `http` (RFC 9110 section 4.2). The scheme of a target in
  /// absolute form does not count, because the client chooses it.
  public var scheme: String { role.isSecured ? "https" : "http" }

  /// The method (RFC 9110 section 9).
  public var method: Method { head.method }

  @_lifetime(copy self)
  @inline(__always)
  private func with(_ captures: Captures?, _ identity: RequestIdentity?) -> Request {
    var copy = Request(
      head: head, bytes: bytes, fields: fields, path: path, body: body, now: now, unixSeconds: unixSeconds,
      number: number, peer: peer, role: role, security: security, arrivedAt: arrivedAt)
    copy.captures = captures
    copy.identity = identity
    return copy
  }

  /// This request with the captures of a route.
  @_lifetime(copy self)
  package func with(_ captures: Captures) -> Request {
    with(captures, identity)
  }

  /// This request with an id by `identity`.
  @_lifetime(copy self)
  package func identified(by identity: RequestIdentity) -> Request {
    with(captures, identity)
  }

  /// The query as it arrived, without its question mark; empty if there is none.
  public var query: Span<UInt8> {
    @_lifetime(copy self)
    get { bytes.extracting(head.query.range) }
  }
}

/// The parts of the path that a pattern's captures matched, in the pattern's order.
package struct Captures: Sendable {
  package static let limit = 8
  package var names: [String]
  package var count: Int
  /// Ranges in the request's path: offset and count, 16 bits each.
  private var values: InlineArray<8, UInt32>
  /// Offset at which the part of the path that `**` matched begins.
  package var rest: Int

  package init() {
    names = []
    count = 0
    values = InlineArray(repeating: 0)
    rest = 0
  }

  package mutating func append(_ value: ByteSlice) {
    values[count] = UInt32(value.offset) << 16 | UInt32(value.count)
    count += 1
  }

  package subscript(index: Int) -> ByteSlice {
    precondition(index < count, "capture \(index) of \(count)")
    return ByteSlice(
      offset: UInt16(values[index] >> 16), count: UInt16(truncatingIfNeeded: values[index]))
  }
}

extension Request {
  /// The client's `Upgrade` names each of these protocols (RFC 9110 section 7.8), with its version if it has
  /// one.
  func offersProtocols(_ names: String) -> Bool {
    let bytes = Array(names.utf8)
    var list = FieldList(bytes.span)
    var count = 0
    while let member = list.next() {
      count += 1
      guard offersProtocol(bytes.span.extracting(member)) else { return false }
    }
    return count > 0
  }

  /// The client's `Upgrade` names this protocol.
  func offersProtocol(_ name: Span<UInt8>) -> Bool {
    var index = 0
    while let found = nextValue(of: "upgrade", from: index, in: bytes, fields: fields) {
      let value = bytes[found.value]
      var list = FieldList(value)
      while let member = list.next() {
        if value.extracting(member).equalsIgnoringCase(as: name) { return true }
      }
      index = found.index + 1
    }
    return false
  }
}
