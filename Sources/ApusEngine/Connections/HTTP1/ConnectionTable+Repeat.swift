// Repeated responses: a plain GET for a path whose last response is still valid gets that response again. No
// handler is asked and nothing is written: the bytes are sent from where `RepeatedAnswers` keeps them.

import ApusRing
import ApusWire

extension ConnectionTable {
  /// Repeats the last response of the path for the request that was just parsed from `bytes`, if allowed.
  ///
  /// Only the last request in `bytes` may get it: nothing can be queued after a body that is sent in place,
  /// and responses to pipelined requests leave together.
  @inline(__always)
  mutating func repeatsAnswer(_ bytes: Span<UInt8>, _ slot: Slot) -> Bool {
    if repeated.isEmpty || !head.isPlainGet || bytes.count != head.byteCount { return false }
    return repeatAnswer(bytes, slot)
  }

  @inline(never)
  private mutating func repeatAnswer(_ bytes: Span<UInt8>, _ slot: Slot) -> Bool {
    guard connections[slot].outbox == .none, reasonToClose(slot) == nil,
      let copy = repeated.find(
        bytes.extracting(head.path.range), role: role, now: now, second: unixSeconds)
    else { return false }
    repeated.hold(copy)
    let outbox = claimOutbox(slot)
    outboxes[outbox].follow(with: .repeated(copy), 0..<repeated.count(copy))
    outboxes[outbox].willAnswer(arrivedAt, isAlone: false)
    counters.answers[2] += 1
    if accessLog != nil { noteLine(.ok, repeated.contentBytes(copy), of: bytes, outbox) }
    connections[slot].phase = .answering
    markDirty(slot)
    return true
  }

  /// Keeps the response to the request in `head`, the last bytes in the outbox, to be repeated.
  @inline(never)
  mutating func noteRepeatable(
    _ until: Instant, _ responseHead: ResponseHead, _ bytes: Span<UInt8>, from start: Int,
    _ contentBytes: Int,
    _ outbox: Index<Outbox>
  ) {
    guard head.isPlainGet, responseHead.status.code == 200, responseHead.isOfLastingConnection else { return }
    let answer = outboxes[outbox].queued
    repeated.note(
      bytes.extracting(head.path.range), role: role, answer.bytes(start..<outboxes[outbox].queuedCount),
      contentBytes: contentBytes, until: until, second: unixSeconds)
  }
}

extension ResponseHead {
  /// Its connection fields are those of any HTTP/1.1 response of this core while the connection stays.
  fileprivate var isOfLastingConnection: Bool {
    switch connection {
    case .implicit, .keepAliveTimeout: true
    case .close, .keepAlive: false
    }
  }
}
