// Token: what travels through the kernel in an operation's `user_data` and comes back in its completion.
// The only place where it is packed and unpacked. Public, as are the few other values that cross the
// engine's boundary for each completion: the compiler inlines small public functions across modules,
// and never `package` ones.

/// The kinds of operations; the first eight bits of a token.
public enum Operation: UInt8, Sendable {
  case accept = 1
  case receive
  case receiveInto
  case send
  case fileSend
  case shutdown
  case cancel
  case close
  case peerAddress
  case fileRead
  case logWrite
  case wake
  case connect
  case clientReceive
  case clientSend
  case clientCancel
  case clientShutdown
  case acceptCancel
  /// A connection's TLS handshake is done: a completion that no kernel makes.
  case secured
  case clientSecured
  // A ring over a ring has tokens of its own; their first bit tells them from all others.
  case secureAccept = 0x80
  case secureReceive
  case secureSend
  case secureConnect
  case secureCancel
  case secureShutdown
  case secureClose
}

/// Eight bits of operation, 24 bits of generation, 32 bits of slot.
///
/// The generation tells a completion that belongs to the slot's present tenant from one that was meant for
/// its predecessor: the kernel may hand a slot out again in the very `io_uring_enter` that freed it.
public struct Token: Hashable, Sendable {
  /// As it stands in `user_data`.
  public let rawValue: UInt64

  /// Generations wrap at this many; 2^24 re-uses of one slot while one operation is in flight cannot happen.
  public static let generationCount: UInt32 = 1 << 24

  /// A token that came back from the kernel.
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// A token for an operation on a slot's tenant.
  public init(_ operation: Operation, slot: Slot = 0, generation: UInt32 = 0) {
    rawValue =
      UInt64(operation.rawValue) << 56 | UInt64(generation & (Self.generationCount - 1)) << 32
      | UInt64(slot.rawValue)
  }

  /// Which operation completed; traps on bits that no token of ours has.
  public var operation: Operation {
    guard let operation = Operation(rawValue: UInt8(rawValue >> 56)) else {
      preconditionFailure("completion with an unknown operation in its token: \(rawValue)")
    }
    return operation
  }
  /// Whether it was that one.
  public func isOf(_ operation: Operation) -> Bool { rawValue >> 56 == UInt64(operation.rawValue) }
  /// Whether it is one of a ring over a ring.
  public var isSecure: Bool { Int64(bitPattern: rawValue) < 0 }
  /// The tenant it was meant for.
  public var generation: UInt32 { UInt32(rawValue >> 32 & 0xFF_FFFF) }
  /// The connection's index.
  public var slot: Slot { Slot(rawValue: UInt32(truncatingIfNeeded: rawValue)) }
}
