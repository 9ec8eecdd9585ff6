// Request: what a handler sees. A view of the bytes where the kernel put them; it cannot outlive them, and
// the compiler proves it. What must outlive it is copied on purpose.

package import ApusRing
public import ApusWire

/// One request, lent to a handler for as long as it runs.
///
/// A `~Escapable` view: making it copies no byte and allocates nothing; `~Copyable`, as it is some 200 bytes
/// that nobody should move. `path` is percent-decoded once, but for encoded slashes, and normalised.
public struct Request: ~Copyable, ~Escapable, Sendable {
  package let head: RequestHead
  /// The head as it came, from the request line to the empty line.
  package let bytes: Span<UInt8>
  package let fields: Span<FieldLine>
  /// The target's path, percent-decoded once, dot segments and doubled slashes removed (RFC 3986 section
  /// 6.2.2). A name, not text: its bytes need not be UTF-8. An encoded slash stays `%2F`, and those three
  /// characters themselves are `%252F`: captures undo both.
  public let path: Span<UInt8>
  /// The body, decoded and complete; empty if there is none.
  public let body: Span<UInt8>
  /// When the turn began that this request is answered in.
  package let now: Instant
  /// When the turn began that saw the last byte of its head: earlier than `now` for one whose body
  /// came later, or that waited.
  package let arrivedAt: Instant
  /// `now` in seconds since 1970.
  package let unixSeconds: Int64
  /// Another for every request of the process: where a core's count begins is drawn by lot.
  package let number: UInt64
  /// Whom it comes from; nil if nobody asked, or at a Unix socket.
  package let peer: PeerAddress?
  /// The role of the listener that it came by.
  package let role: ListenerRole
  /// What the route's pattern captured; set by the router, nil for a pattern without captures: to make and
  /// drop an empty list would cost every request 150 instructions.
  package var captures: Captures?
  /// How it gets its id; nil for a number of its own.
  package var identity: RequestIdentity?

  @_lifetime(copy bytes, copy fields, copy path, copy body)
  package init(
    head: RequestHead, bytes: Span<UInt8>, fields: Span<FieldLine>, path: Span<UInt8>, body: Span<UInt8>,
    now: Instant, unixSeconds: Int64, number: UInt64 = 0,
    peer: PeerAddress? = nil, role: ListenerRole = ListenerRole(), arrivedAt: Instant? = nil
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
    captures = nil
    identity = nil
  }

  /// `https` if the connection is encrypted, else `http` (RFC 9110 section 4.2), whatever a target in
  /// absolute form calls itself: that is the client's word.
  public var scheme: String { role.isSecured ? "https" : "http" }

  /// The method (RFC 9110 section 9).
  public var method: Method { head.method }

  @_lifetime(copy self)
  @inline(__always)
  private func with(_ captures: Captures?, _ identity: RequestIdentity?) -> Request {
    var copy = Request(
      head: head, bytes: bytes, fields: fields, path: path, body: body, now: now, unixSeconds: unixSeconds,
      number: number, peer: peer, role: role, arrivedAt: arrivedAt)
    copy.captures = captures
    copy.identity = identity
    return copy
  }

  /// The same request with what a route captured.
  @_lifetime(copy self)
  package func with(_ captures: Captures) -> Request {
    with(captures, identity)
  }

  /// The same request with an id that it gets in this way.
  @_lifetime(copy self)
  package func identified(by identity: RequestIdentity) -> Request {
    with(captures, identity)
  }

  /// The query as it came, without its question mark; empty if there is none.
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
  /// Where the part of the path that `**` matched begins.
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
  /// The client's `Upgrade` names each of these protocols (RFC 9110 section 7.8), with
  /// its version if it has one.
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

  /// It names this one.
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
