// Preconditions: If-Match and its kin (RFC 9110 13).

/// What a representation is known by.
package struct Validators: ~Escapable {
  /// With its quotes, and `W/` if it is weak; empty if there is none.
  package let etag: Span<UInt8>
  /// Seconds since 1970; nil if unknown.
  package let lastModified: Int64?
  /// Whether the representation cannot have changed within that second since (RFC 9110 8.8.2.2).
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
  /// 304.
  case notModified
  /// 412.
  case preconditionFailed
}

package enum Preconditions {
  package static func evaluate(
    _ method: Method, _ known: KnownFields, in bytes: Span<UInt8>, fields: Span<FieldLine>,
    against validators: borrowing Validators
  ) -> PreconditionOutcome { .proceed }

  /// Whether a Range field counts: there is no If-Range, or it names exactly this representation.
  package static func allowsRange(
    _ method: Method, _ known: KnownFields, in bytes: Span<UInt8>, fields: Span<FieldLine>,
    against validators: borrowing Validators
  ) -> Bool { false }
}
