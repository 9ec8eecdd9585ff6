// JSONObjectWriter: inside an object, where members are due.

import ApusEngine
import ApusWire

/// Writes the members of an object. Names are literals, which costs the least; `member(named:_:)` takes others.
public struct JSONObjectWriter: ~Copyable {
  var json: JSONWriter
  private var isFirst = true

  init(_ json: consuming JSONWriter) { self.json = json }

  /// Writes a member whose value writes itself.
  public mutating func member(_ name: StaticString, _ value: some JSONWritable) {
    write(name)
    json.value(value)
  }

  /// Writes a member whose name is not known before.
  public mutating func member(named name: String, _ value: some JSONWritable) {
    json.buffer.append(name: name.utf8.span, isFirst: isFirst)
    isFirst = false
    json.value(value)
  }

  /// Writes a member.
  public mutating func member(_ name: StaticString, _ value: String) {
    json.buffer.append(name: name.span, isFirst: isFirst, string: value.utf8.span)
    isFirst = false
  }

  /// Writes a member.
  public mutating func member(_ name: StaticString, _ value: Int) {
    json.buffer.append(name: name.span, isFirst: isFirst, number: value)
    isFirst = false
  }

  /// Writes a member; a number that JSON does not have refuses the whole.
  public mutating func member(_ name: StaticString, _ value: Double) {
    if value.isFinite {
      json.buffer.append(name: name.span, isFirst: isFirst, number: value)
      isFirst = false
    } else {
      write(name)
      json.value(value)
    }
  }

  /// Writes a member.
  public mutating func member(_ name: StaticString, _ value: Bool) {
    json.buffer.append(name: name.span, isFirst: isFirst, flag: value)
    isFirst = false
  }

  /// Writes a member that is an array of strings.
  public mutating func member(_ name: StaticString, _ value: [String]) {
    write(name)
    json.array { array in
      for element in value { array.element(element) }
    }
  }

  /// Writes a member that is an object.
  public mutating func object<Failure: Error>(
    _ name: StaticString, _ members: (inout JSONObjectWriter) throws(Failure) -> Void
  ) throws(Failure) {
    write(name)
    try json.object(members)
  }

  /// Writes a member that is an array.
  public mutating func array<Failure: Error>(
    _ name: StaticString, _ elements: (inout JSONArrayWriter) throws(Failure) -> Void
  ) throws(Failure) {
    write(name)
    try json.array(elements)
  }

  /// The comma before, the name, and the colon behind it.
  private mutating func write(_ name: StaticString) {
    json.buffer.append(name: name.span, isFirst: isFirst)
    isFirst = false
  }
}
