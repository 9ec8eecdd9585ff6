// RelayRefusal: why a proxy hands a request on to nobody.

package import ApusWire

/// What is wrong with a request that a server behind is not to see.
package enum RelayRefusal: Error {
  /// A part of the path leads out of where it stands, or the prefix that is taken off does
  /// not stand there as it is.
  case path
  /// `Connection` names more fields than are looked for.
  case connectionOptions
  /// `Max-Forwards` is no number.
  case maxForwards

  /// What the client is told.
  package var status: Status { .badRequest }

  /// The same in a sentence.
  package var explanation: String {
    switch self {
    case .path: "the path cannot be handed on as it is"
    case .connectionOptions: "Connection names too many fields"
    case .maxForwards: "Max-Forwards is no number"
    }
  }
}
