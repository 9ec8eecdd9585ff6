// ExchangeSeat: where an exchange's response goes. Tasks, streaming handlers and relays know the seat and no
// protocol; `ConnectionTable+Seats` finds the seat's protocol.

import ApusRing

/// A connection and a stream on it. 8 bytes.
package struct ExchangeSeat: Equatable, Sendable, BitwiseCopyable {
  let slot: Slot
  /// 0 if one exchange has the connection to itself, as in HTTP/1. The streams of HTTP/2 that carry requests
  /// are numbered from 1 (RFC 9113 section 5.1.1).
  let stream: UInt32

  init(_ slot: Slot, stream: UInt32 = 0) {
    self.slot = slot
    self.stream = stream
  }
}
