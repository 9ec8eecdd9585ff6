// A literal as a Span: no call into the String machinery, and a length that the optimiser knows. Beside
// OutputSpan+Copying.swift the only file of this module that touches raw memory.

extension StaticString {
  /// The literal's bytes.
  @inline(__always)
  package var span: Span<UInt8> {
    @_lifetime(immortal)
    get {
      // Safety: a literal lives as long as the program, so its bytes depend on nothing.
      let bytes = unsafe Span(_unsafeStart: utf8Start, count: utf8CodeUnitCount)
      return unsafe _overrideLifetime(bytes, copying: ())
    }
  }
}
