// Operations of exchanges, tasks and relays on the connection that gets a response, by seat. Only this file
// selects the protocol of a seat; stream 0 is HTTP/1.

import ApusRing
import ApusWire

extension ConnectionTable {
  /// Handles what tasks have done since the last turn.
  mutating func takeChangedExchanges() {
    exchanges.workOffChanged { exchange in
      if let seat = exchange.seat {
        serve(exchange, Self.http1Slot(seat))
      } else if exchange.isFinished {
        exchanges.release(exchange)
      }
    }
  }

  /// Sends the response and releases the exchange, which is not used after this.
  mutating func give(_ response: Response, of exchange: Exchange, _ seat: ExchangeSeat) {
    give(response, of: exchange, Self.http1Slot(seat))
  }

  /// Continues with the bytes that wait behind a request that has its response.
  mutating func takeUpWaiting(_ seat: ExchangeSeat) { takeUpWaiting(Self.http1Slot(seat)) }

  /// Sends interim responses (RFC 9110 section 15.2), whose heads `heads` contains as they are sent.
  mutating func sendInterim(_ heads: Span<UInt8>, _ seat: ExchangeSeat) {
    sendInterim(heads, Self.http1Slot(seat))
  }

  /// Sends nothing more: our FIN, or the stream's end, follows what is queued.
  mutating func endSending(_ seat: ExchangeSeat) { endSending(Self.http1Slot(seat)) }

  /// The slot of an HTTP/1 seat, which has its connection to itself. No other protocol is served.
  private static func http1Slot(_ seat: ExchangeSeat) -> Slot {
    precondition(seat.stream == 0, "stream \(seat.stream) of slot \(seat.slot): no protocol has streams")
    return seat.slot
  }
}
