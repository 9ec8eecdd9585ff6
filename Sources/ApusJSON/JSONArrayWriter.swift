// JSONArrayWriter: inside an array, where elements are due.

/// Writes the elements of an array.
public struct JSONArrayWriter: ~Copyable {
  /// Nothing else: see `JSONObjectWriter`.
  private var json: JSONWriter

  @inline(__always)
  static func within<Failure: Error>(
    _ json: UnsafeMutablePointer<JSONWriter>, _ elements: (inout JSONArrayWriter) throws(Failure) -> Void
  ) throws(Failure) {
    // Safety: one of these is a JSONWriter and nothing else, and the caller has `json`
    // exclusively until this returns.
    try unsafe elements(&UnsafeMutableRawPointer(json).assumingMemoryBound(to: JSONArrayWriter.self).pointee)
  }

  /// Writes an element that writes itself.
  public mutating func element(_ value: some JSONWritable) {
    json.write(value)
  }

  /// The same for those in memory from `first` on; they are read where they lie.
  @unsafe mutating func elements<Element: JSONWritable>(_ first: UnsafePointer<Element>, count: Int) {
    // Safety: one of `Lent` is an element and nothing else, and the caller lends `count` of them until this
    // returns. By bytes: to index pointers to `Lent` the type would be looked up each time.
    var next = unsafe UnsafeRawPointer(first)
    let stride = MemoryLayout<Element>.stride
    for _ in 0..<count {
      unsafe next.assumingMemoryBound(to: Lent<Element>.self).pointee.write(to: &json)
      unsafe next += stride
    }
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

/// An element where it lies. Taken out of its array it would be copied, and each text
/// in it counted up and down.
private struct Lent<Element: JSONWritable>: ~Copyable {
  let element: Element

  @inline(__always)
  borrowing func write(to json: inout JSONWriter) { json.write(element) }
}
