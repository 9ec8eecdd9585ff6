// Event streams from an upstream server, which may continue without end: they end where that server ends
// them. The proxy may be configured to end them between two events at a drain.

import ApusWire

extension RelayTable {
  /// The response's head is being sent, and gives no length.
  func noteEvents(_ index: Index<Relay>, _ exchange: Exchange, _ copy: ResponseCopy) {
    guard copy.isEventStream, exchange.copy.head.method != .head else { return }
    exchange.beginEndlessRelay()
    guard routes[relays[index].route].plan.endsEventStreamsAtDrain, !copy.hasContentCoding else { return }
    relays[index].events = EventBoundary()
  }

  /// The core drains, and what was forwarded ends at the end of an event.
  func endsBetweenEvents(_ index: Index<Relay>, _ exchange: Exchange) -> Bool {
    exchange.isDraining && relays[index].events?.isReached == true
  }

  /// Forwards a piece. While the core drains, only the part up to the end of the first event is forwarded.
  /// Returns true if the response ends there.
  func give(_ chunk: BodyChunk, _ index: Index<Relay>, _ exchange: Exchange) -> Bool {
    guard let end = relays[index].events?.pass(chunk.bytes), exchange.isDraining else {
      exchange.outflow.give(chunk)
      return false
    }
    exchange.outflow.give(chunk.prefix(end))
    return true
  }

  /// Ends the response here, though its server continues.
  func endEvents(_ step: RelayStep) {
    do { try step.exchange.finish(trailers: []) } catch { step.exchange.abort() }
    end(step)
  }
}

extension ResponseCopy {
  /// Its `Content-Type` is that of an event stream.
  fileprivate var isEventStream: Bool {
    guard let slice = firstValue(of: "content-type", in: bytes, fields: fields) else { return false }
    let value = bytes[slice]
    let name: StaticString = "text/event-stream"
    let end = name.utf8CodeUnitCount
    return value.count >= end && value.extracting(0..<end).equalsIgnoringCase(name.span)
      && (value.count == end || value[end] == UInt8(ascii: ";") || value[end] == UInt8(ascii: " "))
  }

  /// The content is encoded, so event boundaries cannot be seen in it.
  fileprivate var hasContentCoding: Bool {
    firstValue(of: "content-encoding", in: bytes, fields: fields) != nil
  }
}
