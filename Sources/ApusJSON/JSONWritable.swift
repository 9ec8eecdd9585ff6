// JSONWritable: values that write themselves as JSON, byte by byte behind each other, for answers that are
// made often. Codable is for all the others.

/// A value that knows how to write itself as JSON.
///
/// ```swift
/// struct User: JSONWritable {
///   let id: Int
///   let tags: [String]
///   func write(to json: inout JSONWriter) {
///     json.object { user in
///       user.member("id", id)
///       user.member("tags", tags)
///     }
///   }
/// }
/// router.get("/me") { _ in try .json(writing: me) }
/// ```
public protocol JSONWritable {
  /// Writes exactly one value.
  func write(to json: inout JSONWriter)
}

extension String: JSONWritable {
  /// Writes a string.
  public func write(to json: inout JSONWriter) { json.value(self) }
}

extension Bool: JSONWritable {
  /// Writes `true` or `false`.
  public func write(to json: inout JSONWriter) { json.value(self) }
}

extension Int: JSONWritable {
  /// Writes a number.
  public func write(to json: inout JSONWriter) { json.value(self) }
}

extension Int32: JSONWritable {
  /// Writes a number.
  public func write(to json: inout JSONWriter) { json.value(Int(self)) }
}

extension Int64: JSONWritable {
  /// Writes a number.
  public func write(to json: inout JSONWriter) { json.value(Int(self)) }
}

extension UInt: JSONWritable {
  /// Writes a number.
  public func write(to json: inout JSONWriter) { json.value(UInt64(self)) }
}

extension UInt32: JSONWritable {
  /// Writes a number.
  public func write(to json: inout JSONWriter) { json.value(Int(self)) }
}

extension UInt64: JSONWritable {
  /// Writes a number.
  public func write(to json: inout JSONWriter) { json.value(self) }
}

extension Double: JSONWritable {
  /// Writes the shortest number that reads back the same; see `JSONWriter.value(_:)` for what is none.
  public func write(to json: inout JSONWriter) { json.value(self) }
}

extension Float: JSONWritable {
  /// Writes the shortest number that reads back the same; see `JSONWriter.value(_:)` for what is none.
  public func write(to json: inout JSONWriter) { json.value(self) }
}

extension Optional: JSONWritable where Wrapped: JSONWritable {
  /// Writes the value, or `null`.
  public func write(to json: inout JSONWriter) {
    if let self { self.write(to: &json) } else { json.null() }
  }
}

extension Array: JSONWritable where Element: JSONWritable {
  /// Writes an array.
  public func write(to json: inout JSONWriter) {
    json.array { array in
      // Safety: the array lends its elements, `count` of them, until this closure returns.
      unsafe withUnsafeBufferPointer { elements in
        guard let first = elements.baseAddress else { return }
        unsafe array.elements(first, count: elements.count)
      }
    }
  }
}

extension Dictionary: JSONWritable where Key == String, Value: JSONWritable {
  /// Writes an object, its members in no particular order.
  public func write(to json: inout JSONWriter) {
    json.object { object in
      for (name, value) in self { object.member(named: name, value) }
    }
  }
}
