// TargetPath: from the path of a request target to the one name of the thing it means.

/// Why a path has no normal form. All are answered with 400.
package enum TargetError: UInt8, Equatable, Sendable, CaseIterable {
  case malformedEscape
  case controlByte
  case separator
  case invalidUTF8
  case aboveRoot

  package var status: Status { .badRequest }
}

package enum TargetPath {
  /// Appends the normal form of `raw`; nil, or why there is none.
  package static func normalise(_ raw: Span<UInt8>, into output: inout OutputSpan<UInt8>) -> TargetError? {
    output.append(copying: raw)
    return nil
  }
}
