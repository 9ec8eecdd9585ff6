// HeldExchange: an exchange as its handler's reader, sender and writer hold it. The object serves one request
// after another; what a handler has kept beyond its end must not reach the next request's.

import ApusRing

/// One request's hold on an exchange.
package struct HeldExchange: Sendable {
  private let exchange: Exchange
  private let serial: UInt64

  package init(_ exchange: Exchange) {
    self.exchange = exchange
    serial = exchange.serial
  }

  /// The exchange.
  /// - Throws: `AnswerError.connectionLost` once the request is over; `.elsewhere` on any thread but its
  ///   core's, as a handler that is the main actor's compiles.
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
