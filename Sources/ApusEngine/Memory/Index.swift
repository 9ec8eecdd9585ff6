// Index: identifies an element of a table. Every table has its own index type, so that indices cannot be
// mixed up.

/// An element's number in the one table that holds elements of its type. It takes 4 bytes, because
/// `none` is one of its values.
package struct Index<Element: ~Copyable> {
  package let rawValue: UInt32

  @inline(__always)
  package init(rawValue: UInt32) { self.rawValue = rawValue }

  @inline(__always)
  package init(_ number: Int) { rawValue = UInt32(number) }

  /// The index of no element.
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
