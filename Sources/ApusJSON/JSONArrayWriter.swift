// JSONArrayWriter: inside an array, where elements are due.

/// Writes the elements of an array.
public struct JSONArrayWriter: ~Copyable {
  /// Nothing else: see `JSONObjectWriter`.
  private var json: JSONWriter

  @inline(__always)
  static func within<Failure: Error>(
    _ json: UnsafeMutablePointer<JSONWriter>, _ elements: (inout JSONArrayWriter) throws(Failure) -> Void
  ) throws(Failure) {
    // Safety: one of these is a JSONWriter and nothing else, and the caller has `json` exclusively until this returns.
    try unsafe elements(&UnsafeMutableRawPointer(json).assumingMemoryBound(to: JSONArrayWriter.self).pointee)
  }

  /// Writes an element that writes itself.
  public mutating func element(_ value: some JSONWritable) {
    json.value(value)
  }

  /// Writes an element.
  public mutating func element(_ value: String) {
    json.buffer.append(value)
  }

  /// Writes an element.
  public mutating func element(_ value: Int) {
    json.buffer.append(value)
  }

  /// Writes an element.
  public mutating func element(_ value: Double) {
    json.append(value)
  }

  /// Writes an element that is an object.
  public mutating func object<Failure: Error>(
    _ members: (inout JSONObjectWriter) throws(Failure) -> Void
  ) throws(Failure) {
    try json.object(members)
  }

  /// Writes an element that is an array.
  public mutating func array<Failure: Error>(
    _ elements: (inout JSONArrayWriter) throws(Failure) -> Void
  ) throws(Failure) {
    try json.array(elements)
  }
}
