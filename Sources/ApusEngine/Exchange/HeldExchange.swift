// HeldExchange: the reference of a handler's reader, sender and writer to their exchange. An exchange serves
// one request after another; a reference that outlives its handler must not reach the next request.

import ApusRing

/// One request's reference to an exchange.
package struct HeldExchange: Sendable {
  private let exchange: Exchange
  private let serial: UInt64

  package init(_ exchange: Exchange) {
    self.exchange = exchange
    serial = exchange.serial
  }

  /// The exchange.
  /// - Throws: `AnswerError.connectionLost` once the request is over; `.elsewhere` on any thread but its
  ///   core's, because a handler on the main actor compiles too.
  package func use() throws -> Exchange {
    guard exchange.core == CoreLocal.identity else { throw AnswerError.elsewhere }
    guard exchange.serial == serial else { throw AnswerError.connectionLost }
    return exchange
  }

  /// The core has been told to end; false on any other thread.
  package var isDraining: Bool { exchange.core == CoreLocal.identity && exchange.isDraining }

  /// The exchange, if the request is not over and the calling thread is its core's.
  package var ifCurrent: Exchange? {
    exchange.core == CoreLocal.identity && exchange.serial == serial ? exchange : nil
  }
}
