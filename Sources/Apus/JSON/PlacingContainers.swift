// The three containers of PlacingDecoder: each hands on what it is asked, and has a refused
// number say where it stands.

struct PlacingKeyedContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
  private let inner: KeyedDecodingContainer<Key>

  init(_ inner: KeyedDecodingContainer<Key>) { self.inner = inner }

  var codingPath: [any CodingKey] { inner.codingPath }
  var allKeys: [Key] { inner.allKeys }

  func contains(_ key: Key) -> Bool { inner.contains(key) }
  func decodeNil(forKey key: Key) throws -> Bool { try inner.decodeNil(forKey: key) }

  func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try plain(type, key) }
  func decode(_ type: String.Type, forKey key: Key) throws -> String { try plain(type, key) }
  func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try plain(type, key) }
  func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try plain(type, key) }
  func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try plain(type, key) }
  func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try plain(type, key) }
  func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try plain(type, key) }
  func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try plain(type, key) }
  func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try plain(type, key) }
  func decode(_ type: Int128.Type, forKey key: Key) throws -> Int128 { try plain(type, key) }
  func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try plain(type, key) }
  func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try plain(type, key) }
  func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try plain(type, key) }
  func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try plain(type, key) }
  func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try plain(type, key) }
  func decode(_ type: UInt128.Type, forKey key: Key) throws -> UInt128 { try plain(type, key) }

  func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
    guard inner.contains(key) else { return try inner.decode(type, forKey: key) }
    return try placingDecoder(key).value(type)
  }

  private func plain<Value: Decodable>(_ type: Value.Type, _ key: Key) throws -> Value {
    try PlacingDecoder.placing(type, codingPath + [key]) { try inner.decode(type, forKey: key) }
  }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> {
    KeyedDecodingContainer(
      PlacingKeyedContainer<Nested>(try inner.nestedContainer(keyedBy: type, forKey: key)))
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    PlacingUnkeyedContainer(try inner.nestedUnkeyedContainer(forKey: key))
  }

  func superDecoder() throws -> any Decoder { PlacingDecoder(try inner.superDecoder()) }
  func superDecoder(forKey key: Key) throws -> any Decoder { try placingDecoder(key) }

  private func placingDecoder(_ key: Key) throws -> PlacingDecoder {
    PlacingDecoder(try inner.superDecoder(forKey: key))
  }
}

struct PlacingUnkeyedContainer: UnkeyedDecodingContainer {
  private var inner: any UnkeyedDecodingContainer

  init(_ inner: any UnkeyedDecodingContainer) { self.inner = inner }

  var codingPath: [any CodingKey] { inner.codingPath }
  var count: Int? { inner.count }
  var isAtEnd: Bool { inner.isAtEnd }
  var currentIndex: Int { inner.currentIndex }

  private struct Index: CodingKey {
    let intValue: Int?
    var stringValue: String { "Index \(intValue ?? 0)" }
    init(intValue: Int) { self.intValue = intValue }
    init?(stringValue: String) { nil }
  }

  mutating func decodeNil() throws -> Bool { try inner.decodeNil() }

  mutating func decode(_ type: Bool.Type) throws -> Bool { try plain(type) }
  mutating func decode(_ type: String.Type) throws -> String { try plain(type) }
  mutating func decode(_ type: Double.Type) throws -> Double { try plain(type) }
  mutating func decode(_ type: Float.Type) throws -> Float { try plain(type) }
  mutating func decode(_ type: Int.Type) throws -> Int { try plain(type) }
  mutating func decode(_ type: Int8.Type) throws -> Int8 { try plain(type) }
  mutating func decode(_ type: Int16.Type) throws -> Int16 { try plain(type) }
  mutating func decode(_ type: Int32.Type) throws -> Int32 { try plain(type) }
  mutating func decode(_ type: Int64.Type) throws -> Int64 { try plain(type) }
  mutating func decode(_ type: Int128.Type) throws -> Int128 { try plain(type) }
  mutating func decode(_ type: UInt.Type) throws -> UInt { try plain(type) }
  mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try plain(type) }
  mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try plain(type) }
  mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try plain(type) }
  mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try plain(type) }
  mutating func decode(_ type: UInt128.Type) throws -> UInt128 { try plain(type) }

  mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    try PlacingDecoder(try inner.superDecoder()).value(type)
  }

  private mutating func plain<Value: Decodable>(_ type: Value.Type) throws -> Value {
    let path = codingPath + [Index(intValue: currentIndex)]
    return try PlacingDecoder.placing(type, path) { try inner.decode(type) }
  }

  mutating func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type
  ) throws -> KeyedDecodingContainer<Nested> {
    KeyedDecodingContainer(PlacingKeyedContainer<Nested>(try inner.nestedContainer(keyedBy: type)))
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    PlacingUnkeyedContainer(try inner.nestedUnkeyedContainer())
  }

  mutating func superDecoder() throws -> any Decoder { PlacingDecoder(try inner.superDecoder()) }
}

struct PlacingValueContainer: SingleValueDecodingContainer {
  private let inner: any SingleValueDecodingContainer
  private let decoder: PlacingDecoder

  init(_ inner: any SingleValueDecodingContainer, _ decoder: PlacingDecoder) {
    self.inner = inner
    self.decoder = decoder
  }

  var codingPath: [any CodingKey] { inner.codingPath }

  func decodeNil() -> Bool { inner.decodeNil() }

  func decode(_ type: Bool.Type) throws -> Bool { try plain(type) }
  func decode(_ type: String.Type) throws -> String { try plain(type) }
  func decode(_ type: Double.Type) throws -> Double { try plain(type) }
  func decode(_ type: Float.Type) throws -> Float { try plain(type) }
  func decode(_ type: Int.Type) throws -> Int { try plain(type) }
  func decode(_ type: Int8.Type) throws -> Int8 { try plain(type) }
  func decode(_ type: Int16.Type) throws -> Int16 { try plain(type) }
  func decode(_ type: Int32.Type) throws -> Int32 { try plain(type) }
  func decode(_ type: Int64.Type) throws -> Int64 { try plain(type) }
  func decode(_ type: Int128.Type) throws -> Int128 { try plain(type) }
  func decode(_ type: UInt.Type) throws -> UInt { try plain(type) }
  func decode(_ type: UInt8.Type) throws -> UInt8 { try plain(type) }
  func decode(_ type: UInt16.Type) throws -> UInt16 { try plain(type) }
  func decode(_ type: UInt32.Type) throws -> UInt32 { try plain(type) }
  func decode(_ type: UInt64.Type) throws -> UInt64 { try plain(type) }
  func decode(_ type: UInt128.Type) throws -> UInt128 { try plain(type) }
  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try decoder.value(type) }

  private func plain<Value: Decodable>(_ type: Value.Type) throws -> Value {
    try PlacingDecoder.placing(type, codingPath) { try inner.decode(type) }
  }
}
