// What exchanges, tasks and relays ask of the connection that an answer goes to, by seat. Each verb finds its
// protocol here, and nowhere else; stream 0 is HTTP/1.

import ApusRing
import ApusWire

extension ConnectionTable {
  /// Works off what tasks have done since the last turn.
  mutating func takeChangedExchanges() {
    exchanges.workOffChanged { exchange in
      if let seat = exchange.seat {
        serve(exchange, Self.http1Slot(seat))
      } else if exchange.isFinished {
        exchanges.release(exchange)
      }
    }
  }

  /// Answers, and lets go of the exchange: nothing of it is used any more.
  mutating func give(_ response: Response, of exchange: Exchange, _ seat: ExchangeSeat) {
    give(response, of: exchange, Self.http1Slot(seat))
  }

  /// Takes up what waits behind a request that was answered.
  mutating func takeUpWaiting(_ seat: ExchangeSeat) { takeUpWaiting(Self.http1Slot(seat)) }

  /// Sends interim responses (RFC 9110 section 15.2), as they lie in `heads`.
  mutating func sendInterim(_ heads: Span<UInt8>, _ seat: ExchangeSeat) {
    sendInterim(heads, Self.http1Slot(seat))
  }

  /// Nothing more is sent: our FIN, or the stream's end, follows what is queued.
  mutating func endSending(_ seat: ExchangeSeat) { endSending(Self.http1Slot(seat)) }

  /// The connection that HTTP/1 has to itself. No other protocol is served.
  private static func http1Slot(_ seat: ExchangeSeat) -> Slot {
    precondition(seat.stream == 0, "stream \(seat.stream) of slot \(seat.slot): no protocol has streams")
    return seat.slot
  }
}
