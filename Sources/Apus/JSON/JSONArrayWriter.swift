// JSONArrayWriter: inside an array, where elements are due.

import ApusEngine

/// Writes the elements of an array.
public struct JSONArrayWriter: ~Copyable {
  var json: JSONWriter
  private var isFirst = true

  init(_ json: consuming JSONWriter) { self.json = json }

  /// Writes an element that writes itself.
  public mutating func element(_ value: some JSONWritable) {
    separate()
    json.value(value)
  }

  /// Writes an element.
  public mutating func element(_ value: String) {
    json.buffer.append(element: value.utf8.span, isFirst: isFirst)
    isFirst = false
  }

  /// Writes an element.
  public mutating func element(_ value: Int) {
    separate()
    json.value(value)
  }

  /// Writes an element.
  public mutating func element(_ value: Double) {
    separate()
    json.value(value)
  }

  /// Writes an element that is an object.
  public mutating func object<Failure: Error>(
    _ members: (inout JSONObjectWriter) throws(Failure) -> Void
  ) throws(Failure) {
    separate()
    try json.object(members)
  }

  /// Writes an element that is an array.
  public mutating func array<Failure: Error>(
    _ elements: (inout JSONArrayWriter) throws(Failure) -> Void
  ) throws(Failure) {
    separate()
    try json.array(elements)
  }

  private mutating func separate() {
    if !isFirst { json.buffer.append(JSON.comma) }
    isFirst = false
  }
}
