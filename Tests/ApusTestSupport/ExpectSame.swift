// ExpectSame: long sequences compared, of bytes mostly. `#expect` looks for what differs, in time that grows
// as the square of their number: for hours where there are some MB.

package import Testing

/// Records an issue unless `got` is `wanted`, with the place from which on they differ.
package func expectSame<Element: Equatable>(
  _ got: some Collection<Element>, _ wanted: some Collection<Element>,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard !got.elementsEqual(wanted) else { return }
  let place = zip(got, wanted).enumerated().first { $1.0 != $1.1 }?.offset ?? min(got.count, wanted.count)
  Issue.record(
    "\(got.count) where \(wanted.count) were expected, others from number \(place) on",
    sourceLocation: sourceLocation)
}
