// Slot: which of a core's accepted connections. A type of its own, so that no other
// index can be taken for it.

/// Index of a connection in its core's table. With direct descriptors it is the index in the ring's file
/// table, otherwise the file descriptor itself, so no look-up stands between a completion and its connection.
public struct Slot: Hashable, Comparable, Sendable, BitwiseCopyable, ExpressibleByIntegerLiteral {
  /// The index.
  public let rawValue: UInt32

  /// The connection with this index.
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// Traps on what is negative.
  public init(_ index: Int) { rawValue = UInt32(index) }
  /// A descriptor, or an index of the ring's file table. Traps on what is negative.
  public init(_ descriptor: Int32) { rawValue = UInt32(descriptor) }
  /// The connection with this index.
  public init(integerLiteral value: UInt32) { rawValue = value }

  /// No connection's.
  public static var none: Slot { Slot(rawValue: .max) }

  /// By index.
  public static func < (one: Slot, other: Slot) -> Bool { one.rawValue < other.rawValue }
}

extension Slot: CustomStringConvertible {
  /// The index in decimal.
  public var description: String { "\(rawValue)" }
}

extension Int {
  /// The index.
  public init(_ slot: Slot) { self.init(slot.rawValue) }
}

extension Int32 {
  /// The descriptor, or the index of the ring's file table.
  public init(_ slot: Slot) { self.init(bitPattern: slot.rawValue) }
}
