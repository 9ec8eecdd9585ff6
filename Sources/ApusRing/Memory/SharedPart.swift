// SharedPart: part of shared bytes as the body of an answer.

/// The bytes of `whole` that an answer carries. An object, so that bodies of all kinds
/// are as small as a String.
package final class SharedPart: Sendable {
  package let whole: SharedBytes
  package let range: Range<Int>

  package init(_ whole: SharedBytes, _ range: Range<Int>) {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= whole.count, "part \(range) of \(whole.count) shared bytes"
    )
    self.whole = whole
    self.range = range
  }
}
