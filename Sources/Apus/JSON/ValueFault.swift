// ValueFault: what is wrong with one value of a JSON text, in words that its sender may see.

/// The error under a `DecodingError.dataCorrupted` that ours is.
struct ValueFault: Error {
  /// The end of a sentence about the value, such as `is 300, not a whole number from -128 to 127`.
  let predicate: String

  init(_ predicate: String) { self.predicate = predicate }

  /// A number that `type` cannot hold.
  init(number: String, type: Any.Type) {
    // A number may have a million digits.
    let shown = number.count > 40 ? "\(number.prefix(40))..." : number
    predicate = "is \(shown), \(Self.reason(type))"
  }

  func error(at path: [any CodingKey]) -> DecodingError {
    .dataCorrupted(
      DecodingError.Context(
        codingPath: path, debugDescription: "The value \(predicate).", underlyingError: self))
  }

  private static func reason(_ type: Any.Type) -> String {
    if let range = range(ofWholeNumbers: type) { return "not a whole number \(range)" }
    switch type {
    case is Double.Type: return "beyond what a number of 64 bits holds (\(Double.greatestFiniteMagnitude))"
    case is Float.Type: return "beyond what a number of 32 bits holds (\(Float.greatestFiniteMagnitude))"
    default: return "beyond what a number holds there"
    }
  }

  /// `from -128 to 127`; nil for what is no whole number of fixed width.
  static func range(ofWholeNumbers type: Any.Type) -> String? {
    (type as? any FixedWidthInteger.Type).map { "from \($0.min) to \($0.max)" }
  }
}
