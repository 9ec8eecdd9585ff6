// Streams of events from a server behind, of which there may always be more: they end where that server ends
// them. At a drain they may be ended between two events, if the proxy was told so.

import ApusWire

extension RelayTable {
  /// The answer's head is on its way, and does not say how long the answer is.
  func noteEvents(_ index: Index<Relay>, _ exchange: Exchange, _ copy: ResponseCopy) {
    guard copy.isEventStream, exchange.copy.head.method != .head else { return }
    exchange.beginEndlessRelay()
    guard routes[relays[index].route].plan.endsEventStreamsAtDrain, !copy.hasContentCoding else { return }
    relays[index].events = EventBoundary()
  }

  /// The core drains, and what was handed on ends behind an event.
  func endsBetweenEvents(_ index: Index<Relay>, _ exchange: Exchange) -> Bool {
    exchange.isDraining && relays[index].events?.isReached == true
  }

  /// Hands a piece on; of one that comes while the core drains no more than to the next event's end. True
  /// if the answer ends there.
  func give(_ chunk: BodyChunk, _ index: Index<Relay>, _ exchange: Exchange) -> Bool {
    guard let end = relays[index].events?.pass(chunk.bytes), exchange.isDraining else {
      exchange.outflow.give(chunk)
      return false
    }
    exchange.outflow.give(chunk.prefix(end))
    return true
  }

  /// The answer ends here, though its server goes on.
  func endEvents(_ step: RelayStep) {
    do { try step.exchange.finish(trailers: []) } catch { step.exchange.abort() }
    end(step)
  }
}

extension ResponseCopy {
  /// It calls itself one.
  fileprivate var isEventStream: Bool {
    guard let slice = firstValue(of: "content-type", in: bytes, fields: fields) else { return false }
    let value = bytes[slice]
    let name: StaticString = "text/event-stream"
    let end = name.utf8CodeUnitCount
    return value.count >= end && value.extracting(0..<end).equalsIgnoringCase(name.span)
      && (value.count == end || value[end] == UInt8(ascii: ";") || value[end] == UInt8(ascii: " "))
  }

  /// What passes is not the events themselves.
  fileprivate var hasContentCoding: Bool {
    firstValue(of: "content-encoding", in: bytes, fields: fields) != nil
  }
}
