// RelayRefusal: why a proxy does not forward a request.

package import ApusWire

/// The fault of a request that no upstream server may see.
package enum RelayRefusal: Error {
  /// A dot segment could lead out of the route's path, or the prefix to be removed does not start the path
  /// literally.
  case path
  /// `Connection` names more fields than the proxy looks for.
  case connectionOptions
  /// `Max-Forwards` is not a number.
  case maxForwards

  /// The status that the client gets.
  package var status: Status { .badRequest }

  /// The explanation that the client gets.
  package var explanation: String {
    switch self {
    case .path: "the path cannot be handed on as it is"
    case .connectionOptions: "Connection names too many fields"
    case .maxForwards: "Max-Forwards is no number"
    }
  }
}
