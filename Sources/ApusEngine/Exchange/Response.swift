// Response: the value that a handler returns. The engine writes its head, decides on Connection and
// Content-Length, and sends the body in place.
//
// Every request makes one, passes it through four calls and drops it. So it is four words, which travel in
// registers, and rare parts are in an object of their own: with everything in the structure, building,
// copying and dropping it took an eighth of the time of a request.

package import ApusRing
public import ApusWire

/// A response: status, fields and a body of known length.
///
/// The server sets `Date`, `Content-Length` and `Transfer-Encoding`, and leaves them out of the fields: a
/// second length would make two responses of one. It also decides on the connection: a handler may end it by
/// `Connection: close`, but not keep it. 205 has no content, whatever is given (RFC 9110 section 15.3.6). A
/// status of 1xx is not valid here, nor is a field or a type of text that no field line may contain: the
/// server sends 500 instead.
public struct Response {
  package var body: Body
  /// RFC 9110 section 15.
  public var status: Status
  var knownType: KnownMediaType?
  /// nil for a response without any of these parts.
  var extras: Extras?

  package enum Body {
    case none
    case text(String)
    case bytes([UInt8])
    case shared(SharedBytes)
    /// Part of shared bytes.
    case part(SharedPart)
    /// Rendered field lines and, as the second part, the content: one object, so that a response counts one
    /// reference. Before `repeatableUntil` (0 for never) any plain GET for the same path may get the same
    /// response without asking the handler.
    case rendered(SharedBytes, repeatableUntil: Instant)
    /// The first bytes of a buffer: content from an upstream server.
    case received(BodyBuffer, count: Int)
    case file(FileBody)
    /// The handler has suspended: the exchange will have the response.
    case pending(Exchange)

    /// Length in bytes; the value of `Content-Length`.
    package var count: UInt64 {
      @inline(__always)
      get {
        switch self {
        case .none: 0
        case .text(let text): UInt64(text.utf8.count)
        case .bytes(let bytes): UInt64(bytes.count)
        case .shared(let bytes): UInt64(bytes.count)
        case .rendered(let bytes, _): UInt64(bytes.count - bytes.firstPartBytes)
        case .received(_, let count): UInt64(count)
        case .part(let part): UInt64(part.range.count)
        case .file(let file): UInt64(file.range.count)
        case .pending: preconditionFailure("an answer that is not there yet")
        }
      }
    }
  }

  /// Rare parts of a response. Immutable, so that copies of a response may share them.
  final class Extras {
    /// A type that is not a `KnownMediaType`.
    let type: MediaType?
    let fields: [ResponseField]
    let renderedFields: SharedBytes?
    /// All fields were rendered before, as in responses with files.
    let isRendered: Bool
    /// Another server's head, whose lines are forwarded. Its memory is reused once the response was written,
    /// because nothing else refers to it.
    let relayed: ResponseCopy?
    /// The handler has set `Connection: close`.
    let closesConnection: Bool
    /// The type or a field is text that no field line may contain.
    let isRefused: Bool

    init(
      type: MediaType?, fields: [ResponseField], renderedFields: SharedBytes?, closesConnection: Bool = false
    ) {
      self.closesConnection = closesConnection
      self.type = type
      self.fields = fields
      self.renderedFields = renderedFields
      isRendered = type == nil && fields.isEmpty
      relayed = nil
      isRefused = type?.isRefused ?? false || fields.contains(where: \.isRefused)
    }

    /// The lines of another server's head.
    init(relaying head: ResponseCopy) {
      type = nil
      fields = []
      renderedFields = nil
      isRendered = true
      relayed = head
      closesConnection = false
      isRefused = false
    }
  }

  package init(
    status: Status, mediaType: MediaType? = nil, fields: [ResponseField] = [],
    renderedFields: SharedBytes? = nil,
    body: consuming Body = .none
  ) {
    self.init(status, nil, body: body)
    if mediaType != nil || !fields.isEmpty || renderedFields != nil {
      set(mediaType, fields, renderedFields)
    }
  }

  /// The common case: a known type or none, and no extra parts.
  package init(_ status: Status, _ type: KnownMediaType?, body: consuming Body) {
    self.body = body
    self.status = status
    knownType = type
    extras = nil
  }

  /// Another server's response, whose head is in `extras`.
  init(_ status: Status, relaying extras: Extras, body: consuming Body) {
    self.init(status, nil, body: body)
    self.extras = extras
  }

  /// A placeholder for the response of a handler that has suspended.
  init(pending exchange: Exchange) { self.init(.ok, nil, body: .pending(exchange)) }

  /// Why this response cannot be sent, so that 500 is sent instead; nil for a valid one.
  package var fault: AnswerError? {
    @inline(__always)
    get { status.isFinal && extras == nil ? nil : faultOfAnother() }
  }

  @inline(never)
  private func faultOfAnother() -> AnswerError? {
    if !status.isFinal { return status.isInformational ? .interimStatus : .invalidStatus(status.code) }
    return fieldFault
  }

  /// As `fault`, for its fields alone.
  var fieldFault: AnswerError? { extras?.refusedField.map { .invalidField($0) } }

  /// The exchange that will have the response, if this is a placeholder.
  @inline(__always)
  package var exchange: Exchange? {
    if case .pending(let exchange) = body { exchange } else { nil }
  }

  /// `Content-Type`; nil sends none. The last value counts, whether it was set here or by a field.
  public var mediaType: MediaType? {
    get { ownType ?? fields.last { $0.role == .type }.flatMap { MediaType(validating: $0.value) } }
    set { set(newValue, fields.filter { $0.role != .type }, renderedFields) }
  }

  /// The type, unless a field sets it.
  private var ownType: MediaType? { knownType.map { MediaType($0) } ?? extras?.type }

  /// The handler ends the connection after this response.
  @inline(__always)
  var closesConnection: Bool { extras?.closesConnection ?? false }

  /// Further field lines, in order. A `Content-Type` replaces the type. `Connection: close` ends the
  /// connection after the response; `keep-alive` is left out, because the server decides whether the
  /// connection stays. `Date`, `Content-Length` and `Transfer-Encoding` are left out for the same reason.
  public var fields: [ResponseField] {
    get { extras?.fields ?? [] }
    set { set(ownType, newValue, renderedFields) }
  }

  /// Field lines that were rendered before, each with its CRLF, sent unchanged.
  package var renderedFields: SharedBytes? {
    get {
      if let extras { return extras.renderedFields }
      guard case .rendered(let bytes, _) = body else { return nil }
      return SharedBytes(bytes.span.extracting(0..<bytes.firstPartBytes))
    }
    set { set(ownType, fields, newValue) }
  }

  private mutating func set(_ type: MediaType?, _ fields: [ResponseField], _ renderedFields: SharedBytes?) {
    let given = GivenFields(fields)
    let type = given.hasType ? nil : type
    let closes = given.closesConnection || closesConnection
    knownType = type?.known
    let other = knownType == nil ? type : nil
    extras =
      other == nil && given.lines.isEmpty && renderedFields == nil && !closes
      ? nil
      : Extras(type: other, fields: given.lines, renderedFields: renderedFields, closesConnection: closes)
  }
}
