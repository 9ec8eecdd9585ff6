// JSONObjectWriter: inside an object, where members are due.

/// Writes the members of an object. Names are literals, which costs the least;
/// `member(named:_:)` takes others.
public struct JSONObjectWriter: ~Copyable {
  /// Nothing else, so that a writer is seen as one of these where it stands: to hand its bytes over and back
  /// would cost as much as a member.
  private var json: JSONWriter

  @inline(__always)
  static func within<Failure: Error>(
    _ json: UnsafeMutablePointer<JSONWriter>, _ members: (inout JSONObjectWriter) throws(Failure) -> Void
  ) throws(Failure) {
    // Safety: one of these is a JSONWriter and nothing else, and the caller has `json`
    // exclusively until this returns.
    try unsafe members(&UnsafeMutableRawPointer(json).assumingMemoryBound(to: JSONObjectWriter.self).pointee)
  }

  /// Writes a member whose value writes itself.
  public mutating func member(_ name: StaticString, _ value: some JSONWritable) {
    json.buffer.append(name: name)
    json.write(value)
  }

  /// Writes a member whose name is not known before.
  public mutating func member(named name: String, _ value: some JSONWritable) {
    json.buffer.append(name: name.utf8.span)
    json.write(value)
  }

  /// Writes a member.
  public mutating func member(_ name: StaticString, _ value: String) {
    json.buffer.append(name, value)
  }

  /// Writes a member.
  public mutating func member(_ name: StaticString, _ value: Int) {
    json.buffer.append(name, value)
  }

  /// Writes a member; a number that JSON does not have refuses the whole.
  public mutating func member(_ name: StaticString, _ value: Double) {
    if !json.buffer.append(name, value) { json.refuse() }
  }

  /// Writes a member.
  public mutating func member(_ name: StaticString, _ value: Bool) {
    json.buffer.append(name, value)
  }

  /// Writes a member, `null` if there is no value.
  public mutating func member(_ name: StaticString, _ value: String?) {
    if let value { member(name, value) } else { null(name) }
  }

  /// Writes a member, `null` if there is no value.
  public mutating func member(_ name: StaticString, _ value: Int?) {
    if let value { member(name, value) } else { null(name) }
  }

  /// Writes a member, `null` if there is no value; a number that JSON does not have refuses the whole.
  public mutating func member(_ name: StaticString, _ value: Double?) {
    if let value { member(name, value) } else { null(name) }
  }

  private mutating func null(_ name: StaticString) {
    json.buffer.append(name: name)
    json.buffer.appendNull()
  }

  /// Writes a member that is an array of strings.
  public mutating func member(_ name: StaticString, _ value: [String]) {
    json.buffer.append(name, value)
  }

  /// Writes a member that is an object.
  public mutating func object<Failure: Error>(
    _ name: StaticString, _ members: (inout JSONObjectWriter) throws(Failure) -> Void
  ) throws(Failure) {
    json.buffer.append(name: name)
    try json.object(members)
  }

  /// Writes a member that is an array.
  public mutating func array<Failure: Error>(
    _ name: StaticString, _ elements: (inout JSONArrayWriter) throws(Failure) -> Void
  ) throws(Failure) {
    json.buffer.append(name: name)
    try json.array(elements)
  }
}
