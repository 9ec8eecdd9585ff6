// JSONObjectWriter: inside an object, where members are due.

import ApusWire

/// Writes the members of an object.
public struct JSONObjectWriter: ~Copyable {
  var json: JSONWriter
  private var isFirst = true

  init(_ json: consuming JSONWriter) { self.json = json }

  /// Writes a member whose value writes itself.
  public mutating func member(_ name: String, _ value: some JSONWritable) {
    write(name)
    json.value(value)
  }

  /// Writes a member.
  public mutating func member(_ name: String, _ value: String) {
    write(name)
    json.value(value)
  }

  /// Writes a member.
  public mutating func member(_ name: String, _ value: Int) {
    write(name)
    json.value(value)
  }

  /// Writes a member.
  public mutating func member(_ name: String, _ value: Double) {
    write(name)
    json.value(value)
  }

  /// Writes a member.
  public mutating func member(_ name: String, _ value: Bool) {
    write(name)
    json.value(value)
  }

  /// Writes a member that is an object.
  public mutating func object<Failure: Error>(
    _ name: String, _ members: (inout JSONObjectWriter) throws(Failure) -> Void
  ) throws(Failure) {
    write(name)
    try json.object(members)
  }

  /// Writes a member that is an array.
  public mutating func array<Failure: Error>(
    _ name: String, _ elements: (inout JSONArrayWriter) throws(Failure) -> Void
  ) throws(Failure) {
    write(name)
    try json.array(elements)
  }

  /// The comma before, the name, and the colon behind it.
  private mutating func write(_ name: String) {
    let name = name.utf8.span
    guard name.endOfPlainJSON() == name.count else { return escape(name) }
    let isFirst = isFirst
    json.bytes.append(addingCapacity: name.count &+ 4) { (output: inout OutputSpan<UInt8>) in
      if !isFirst { output.append(JSON.comma) }
      output.append(JSON.quote)
      output.append(copying: name)
      output.append(JSON.quote)
      output.append(JSON.colon)
    }
    self.isFirst = false
  }

  @inline(never)
  private mutating func escape(_ name: Span<UInt8>) {
    if !isFirst { json.bytes.append(JSON.comma) }
    json.escape(name)
    json.bytes.append(JSON.colon)
    isFirst = false
  }
}
