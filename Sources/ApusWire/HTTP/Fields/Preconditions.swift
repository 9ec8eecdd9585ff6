// Preconditions: If-Match and its kin, in the order that RFC 9110 13.2.2 gives. Whoever serves a
// representation calls this once the plain answer would be a 2xx, and before it does anything.

/// What a representation is known by. It exists: for one that does not, there is
/// nothing to evaluate (13.2.1).
package struct Validators: ~Escapable {
  /// With its quotes, and `W/` if it is weak; empty if there is none.
  package let etag: Span<UInt8>
  /// Seconds since 1970; nil if unknown.
  package let lastModified: Int64?
  /// Whether the representation cannot have changed a second time within that second (RFC 9110 8.8.2.2). Only
  /// then may a date in If-Range match.
  package let isLastModifiedStrong: Bool

  @_lifetime(copy etag)
  package init(etag: Span<UInt8>, lastModified: Int64?, isLastModifiedStrong: Bool = true) {
    self.etag = etag
    self.lastModified = lastModified
    self.isLastModifiedStrong = isLastModifiedStrong
  }
}

/// What the conditions of a request come to.
package enum PreconditionOutcome: Equatable, Sendable {
  case proceed
  /// 304, with the validators and no content.
  case notModified
  /// 412; the method must not be performed.
  case preconditionFailed
}

package enum Preconditions {
  /// Evaluates all conditions but If-Range. A head without any costs one test.
  package static func evaluate(
    _ method: Method, _ known: KnownFields, in bytes: Span<UInt8>, fields: Span<FieldLine>,
    against validators: borrowing Validators
  ) -> PreconditionOutcome {
    if known.isDisjoint(with: .conditional) { return .proceed }
    // Methods that select no representation have no conditions (RFC 9110 13.2.1).
    if method == .connect || method == .options || method == .trace { return .proceed }
    let isReading = method == .get || method == .head

    if known.contains(.ifMatch) {
      if !anyTag(in: "if-match", names: validators, strongly: true, bytes, fields) {
        return .preconditionFailed
      }
    } else if known.contains(.ifUnmodifiedSince), let lastModified = validators.lastModified,
      let date = onlyDate(in: "if-unmodified-since", bytes, fields), lastModified > date
    {
      return .preconditionFailed
    }

    if known.contains(.ifNoneMatch) {
      if anyTag(in: "if-none-match", names: validators, strongly: false, bytes, fields) {
        return isReading ? .notModified : .preconditionFailed
      }
    } else if known.contains(.ifModifiedSince), isReading, let lastModified = validators.lastModified,
      let date = onlyDate(in: "if-modified-since", bytes, fields), lastModified <= date
    {
      return .notModified
    }
    return .proceed
  }

  /// The part that a request asks for, once `evaluate` says to proceed with a 200: `whole` unless it is a GET
  /// with exactly one Range field, and If-Range, if there is one, names exactly this representation.
  package static func requestedRange(
    _ method: Method, _ known: KnownFields, in bytes: Span<UInt8>, fields: Span<FieldLine>,
    against validators: borrowing Validators, size: UInt64
  ) -> ByteRange {
    guard method == .get, known.contains(.range), let range = onlyValue(of: "range", bytes, fields),
      allowsRange(known, in: bytes, fields: fields, against: validators)
    else { return .whole }
    return ByteRange.resolve(bytes[range], size: size)
  }

  /// Whether If-Range lets a Range field count: it is not there, or it names exactly this representation, by
  /// strong comparison (RFC 9110 13.1.5). A date must be the very date of Last-Modified, no later one.
  package static func allowsRange(
    _ known: KnownFields, in bytes: Span<UInt8>, fields: Span<FieldLine>,
    against validators: borrowing Validators
  ) -> Bool {
    guard known.contains(.ifRange) else { return true }
    guard let slice = onlyValue(of: "if-range", bytes, fields) else { return false }
    let value = bytes[slice]
    if let tag = EntityTag(value) {
      guard let current = EntityTag(validators.etag) else { return false }
      return current.matches(tag, strongly: true)
    }
    guard let date = HTTPDate.parse(value), let lastModified = validators.lastModified else { return false }
    return validators.isLastModifiedStrong && date == lastModified
  }

  /// Whether any line of the field names the representation.
  private static func anyTag(
    in name: String, names validators: borrowing Validators, strongly: Bool,
    _ bytes: Span<UInt8>, _ fields: Span<FieldLine>
  ) -> Bool {
    var index = 0
    while let found = nextValue(of: name, from: index, in: bytes, fields: fields) {
      if EntityTagList.names(validators.etag, in: bytes[found.value], strongly: strongly) { return true }
      index = found.index + 1
    }
    return false
  }

  /// The date of a field that must have one value; nil, and so no condition, if it has
  /// several or no valid one.
  private static func onlyDate(in name: String, _ bytes: Span<UInt8>, _ fields: Span<FieldLine>) -> Int64? {
    onlyValue(of: name, bytes, fields).flatMap { HTTPDate.parse(bytes[$0]) }
  }

  private static func onlyValue(
    of name: String, _ bytes: Span<UInt8>, _ fields: Span<FieldLine>
  ) -> ByteSlice? {
    guard let found = nextValue(of: name, from: 0, in: bytes, fields: fields),
      nextValue(of: name, from: found.index + 1, in: bytes, fields: fields) == nil
    else { return nil }
    return found.value
  }
}
