// JSONText: a value from JSON, for whoever decodes: handlers, the client, tests.

package import FoundationEssentials

package enum JSONText {
  /// - Parameter decoder: nil for one of `JSONDefaults`.
  /// - Throws: `DecodingError`; of a number that its type cannot hold, with the place,
  ///   the number and the range.
  package static func decode<Value: Decodable>(
    _ type: Value.Type, _ bytes: [UInt8], _ decoder: JSONDecoder?
  ) throws -> Value {
    let decoder = decoder ?? JSONDefaults.decoder()
    let data = Data(bytes)
    do {
      return try decoder.decode(type, from: data)
    } catch DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty {
      if let fault = placedFault(type, data, decoder) { throw fault }
      throw DecodingError.dataCorrupted(context)
    }
  }

  /// Foundation says of a number that its type cannot hold only that the text is no JSON. So such a text is
  /// decoded once more, by way of a decoder that knows where it is; nil if that finds nothing.
  private static func placedFault<Value: Decodable>(
    _ type: Value.Type, _ data: Data, _ decoder: JSONDecoder
  ) -> DecodingError? {
    do {
      _ = try decoder.decode(Placed<Value>.self, from: data)
    } catch let error as DecodingError {
      if case .dataCorrupted(let context) = error, context.underlyingError is ValueFault { return error }
    } catch {}
    return nil
  }

  private struct Placed<Value: Decodable>: Decodable {
    init(from decoder: any Decoder) throws { _ = try PlacingDecoder(decoder).value(Value.self) }
  }
}
