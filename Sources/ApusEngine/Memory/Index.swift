// Index: which element of its table. Every table has its own kind, so that one cannot be taken for another's.

/// An element's number in the one table that holds elements of its kind. 4 bytes, as its own
/// absence is one of its values.
package struct Index<Element: ~Copyable> {
  package let rawValue: UInt32

  @inline(__always)
  package init(rawValue: UInt32) { self.rawValue = rawValue }

  @inline(__always)
  package init(_ number: Int) { rawValue = UInt32(number) }

  /// No element's.
  @inline(__always)
  package static var none: Index { Index(rawValue: .max) }
}

extension Index: BitwiseCopyable, Sendable where Element: ~Copyable {}

extension Index: Hashable where Element: ~Copyable {
  @inline(__always)
  package static func == (one: Index, other: Index) -> Bool { one.rawValue == other.rawValue }

  package func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}

extension Index: Comparable where Element: ~Copyable {
  @inline(__always)
  package static func < (one: Index, other: Index) -> Bool { one.rawValue < other.rawValue }
}

extension Index: ExpressibleByIntegerLiteral where Element: ~Copyable {
  package init(integerLiteral value: UInt32) { rawValue = value }
}

extension Index: CustomStringConvertible where Element: ~Copyable {
  package var description: String { "\(rawValue)" }
}

extension Int {
  @inline(__always)
  package init<Element: ~Copyable>(_ index: Index<Element>) { self.init(index.rawValue) }
}
