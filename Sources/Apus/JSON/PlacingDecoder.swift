// PlacingDecoder: a decoder around Foundation's that says where a number stands which does not fit. Only a
// text that was refused is decoded by it.

internal import FoundationEssentials

struct PlacingDecoder: Decoder {
  private let inner: any Decoder

  init(_ inner: any Decoder) { self.inner = inner }

  var codingPath: [any CodingKey] { inner.codingPath }
  var userInfo: [CodingUserInfoKey: Any] { inner.userInfo }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    KeyedDecodingContainer(PlacingKeyedContainer(try inner.container(keyedBy: type)))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    PlacingUnkeyedContainer(try inner.unkeyedContainer())
  }

  func singleValueContainer() throws -> any SingleValueDecodingContainer {
    PlacingValueContainer(try inner.singleValueContainer(), self)
  }

  /// A value that decodes itself, by way of this decoder; those that Foundation decodes
  /// otherwise, by Foundation.
  func value<Value: Decodable>(_ type: Value.Type) throws -> Value {
    guard Self.isFoundations(type) else { return try type.init(from: self) }
    let container = try inner.singleValueContainer()
    return try Self.placing(type, codingPath) { try container.decode(type) }
  }

  private static func isFoundations(_ type: Any.Type) -> Bool {
    type is Date.Type || type is Data.Type || type is URL.Type || type is Decimal.Type
  }

  /// What `decode` answers; a refusal of a number says where it stands.
  static func placing<Value>(
    _ type: Value.Type, _ path: @autoclosure () -> [any CodingKey], _ decode: () throws -> Value
  ) throws -> Value {
    do { return try decode() } catch {
      guard let number = number(refusedBy: error) else { throw error }
      throw ValueFault(number: number, type: type).error(at: path())
    }
  }

  /// The number that an error of Foundation's speaks of. Its type is not public, so it is known by its case's
  /// name; nil for all others.
  private static func number(refusedBy error: any Error) -> String? {
    guard !(error is DecodingError), let child = Mirror(reflecting: error).children.first,
      child.label == "numberIsNotRepresentableInSwift"
    else { return nil }
    return child.value as? String ?? Mirror(reflecting: child.value).children.first?.value as? String
  }
}
