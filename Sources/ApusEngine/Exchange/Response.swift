// Response: what a handler answers, a value. The engine writes its head, decides on Connection and
// Content-Length, and sends the body from wherever it lies.
//
// Every request makes one, hands it down four calls and drops it. So it is four words, which travel in
// registers, and what few answers have stands in an object of its own: with everything in the structure,
// building, copying and dropping it was an eighth of a request.

package import ApusRing
public import ApusWire

/// An answer: status, fields and a body of known length.
///
/// `Date`, `Content-Length` and `Transfer-Encoding` are the server's, and left out of the fields: a second
/// length would make two answers of one. So is the connection, which a handler may end by
/// `Connection: close`, and not keep. 205 has no content, whatever is given (RFC 9110 section 15.3.6). A
/// status of 1xx is no answer, nor is one
/// with a field or a type made of text that no field line can carry: the server sends 500 in its place.
public struct Response {
  package var body: Body
  /// RFC 9110 section 15.
  public var status: Status
  var knownType: KnownMediaType?
  /// nil for an answer without any of them.
  var extras: Extras?

  package enum Body {
    case none
    case text(String)
    case bytes([UInt8])
    case shared(SharedBytes)
    /// Part of shared bytes.
    case part(SharedPart)
    /// Rendered field lines and, as the second part, the content: one object, so that an answer counts one
    /// reference. Until `repeatableUntil`, which 0 makes never, any plain GET for the same path may be given
    /// the same answer without being shown to the handler.
    case rendered(SharedBytes, repeatableUntil: Instant)
    /// The first bytes of a buffer: content that another server has sent.
    case received(BodyBuffer, count: Int)
    case file(FileBody)
    /// The handler has suspended: the answer will be found here.
    case pending(Exchange)

    /// Bytes; what `Content-Length` says.
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

  /// What few answers have. Never changed once made, so that copies of a response may share it.
  final class Extras {
    /// A type that has no name.
    let type: MediaType?
    let fields: [ResponseField]
    let renderedFields: SharedBytes?
    /// Nothing but what was rendered before, as files' answers are.
    let isRendered: Bool
    /// Another server's head, whose lines are handed on. Its memory is used again once the answer was
    /// written: nobody else is shown it.
    let relayed: ResponseCopy?
    /// The handler has said `Connection: close`.
    let closesConnection: Bool
    /// The type or a field was made of text that no field line can carry.
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

  /// The common case: a type that has a name, or none, and nothing extra.
  package init(_ status: Status, _ type: KnownMediaType?, body: consuming Body) {
    self.body = body
    self.status = status
    knownType = type
    extras = nil
  }

  /// Another server's answer, whose head lies in `extras`.
  init(_ status: Status, relaying extras: Extras, body: consuming Body) {
    self.init(status, nil, body: body)
    self.extras = extras
  }

  /// Stands for the answer of a handler that has suspended.
  init(pending exchange: Exchange) { self.init(.ok, nil, body: .pending(exchange)) }

  /// Why this cannot be sent: 500 is, in its place. Nil for a good answer.
  package var fault: AnswerError? {
    @inline(__always)
    get { status.isFinal && extras == nil ? nil : faultOfAnother() }
  }

  @inline(never)
  private func faultOfAnother() -> AnswerError? {
    if !status.isFinal { return status.isInformational ? .interimStatus : .invalidStatus(status.code) }
    return fieldFault
  }

  /// The same, of its fields alone.
  var fieldFault: AnswerError? { extras?.refusedField.map { .invalidField($0) } }

  /// Where the answer will be found, if it is not this one.
  @inline(__always)
  package var exchange: Exchange? {
    if case .pending(let exchange) = body { exchange } else { nil }
  }

  /// `Content-Type`; nil sends none. What was said last counts, here or by a field.
  public var mediaType: MediaType? {
    get { ownType ?? fields.last { $0.role == .type }.flatMap { MediaType(validating: $0.value) } }
    set { set(newValue, fields.filter { $0.role != .type }, renderedFields) }
  }

  /// The type, unless a field says it.
  private var ownType: MediaType? { knownType.map { MediaType($0) } ?? extras?.type }

  /// Whether the connection ends behind this answer, by the handler's word.
  @inline(__always)
  var closesConnection: Bool { extras?.closesConnection ?? false }

  /// Further field lines, in order. A `Content-Type` takes the place of the type. `Connection: close` ends
  /// the connection behind the answer, and `keep-alive` is left out there: whether it stays is the server's
  /// to say. So are `Date`, `Content-Length` and `Transfer-Encoding`.
  public var fields: [ResponseField] {
    get { extras?.fields ?? [] }
    set { set(ownType, newValue, renderedFields) }
  }

  /// Field lines that were rendered before, each with its CRLF, sent as they are.
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
