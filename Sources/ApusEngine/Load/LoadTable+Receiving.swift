// Responses are parsed to their last byte: a generator that skipped over them would time the arrival of the
// first packet and miss every wrong response.

import ApusRing
import ApusWire

extension LoadTable {
  /// The armed receive brought `bytes`, which are lent for the call.
  mutating func didReceive(_ bytes: Span<UInt8>, _ index: Int) {
    tally.bytesReceived &+= UInt64(bytes.count)
    var offset = 0
    while offset < bytes.count {
      guard connections[index].phase == .open || connections[index].phase == .connecting else { return }
      guard connections[index].unanswered > 0 else {
        fail(index, .malformed, excerpt: bytes.extracting(offset..<bytes.count))
        return
      }
      if connections[index].flags.contains(.isInBody) {
        guard let next = takeBody(bytes, from: offset, index) else { return }
        offset = next
      } else {
        guard let used = takeHead(bytes.extracting(offset..<bytes.count), index) else { return }
        offset &+= used
      }
    }
  }

  /// Parses a head, and its body if that is short and here. Returns nil if all bytes are used, or none can be
  /// used any more.
  private mutating func takeHead(_ bytes: Span<UInt8>, _ index: Int) -> Int? {
    connections[index].flags.insert(.hasBegun)
    if connections[index].carryCount > 0 { return takeCarriedHead(bytes, index) }
    let kind = asked[cell(index, 0)].kind
    switch parser.parse(bytes, answering: plan.requests[Int(kind)].method, into: &head, fields: &fields) {
    case .complete:
      if head.status.isError { note(.status, excerpt: bytes) }
      return begin(index, consumed: head.byteCount, available: bytes.count)
    case .partial:
      connections[index].scanner = HeadScanner(response: (), takesFolds: true)
      carry(bytes, index)
      return nil
    case .invalid(.foldedLine):
      connections[index].scanner = HeadScanner(response: (), takesFolds: true)
      return takeCarriedHead(bytes, index)
    case .invalid(let error):
      fail(index, .malformed, wireError: error, excerpt: bytes)
      return nil
    }
  }

  /// A head is complete: `head`, which took `consumed` bytes. Returns the offset to continue at.
  @inline(__always)
  private mutating func begin(_ index: Int, consumed: Int, available: Int) -> Int? {
    if head.isInterim { return noteInterim(index) ? consumed : nil }
    if head.switchesProtocol {
      fail(index, .malformed, wireError: .unaskedProtocol)
      return nil
    }
    connections[index].digit = UInt8(head.status.code / 100)
    if !head.keepsAlive || plan.closesConnections { connections[index].flags.insert(.isLast) }
    switch head.framing {
    case .none:
      didAnswer(index)
      return consumed
    case .length(let count) where count <= UInt64(available &- consumed):
      tally.contentBytes &+= count
      didAnswer(index)
      return consumed &+ Int(count)
    case .untilClose:
      connections[index].flags.insert(.endsWithConnection)
      fallthrough
    default:
      connections[index].decoder = BodyDecoder(response: head.framing, takesFolds: true)
      connections[index].flags.insert(.isInBody)
      return consumed
    }
  }

  /// An interim head is complete: `head`. Returns false if there are too many of them.
  @inline(never)
  private mutating func noteInterim(_ index: Int) -> Bool {
    connections[index].interims.note(head.byteCount)
    if connections[index].interims.isWithin(plan.interims) { return true }
    fail(index, .malformed, wireError: .tooManyInterimResponses)
    return false
  }

  private mutating func takeBody(_ bytes: Span<UInt8>, from offset: Int, _ index: Int) -> Int? {
    connections[index].progressAt = now
    connections[index].flags.remove(.looked)
    var offset = offset
    while true {
      switch connections[index].decoder.decode(bytes, from: offset) {
      case .data(let range):
        tally.contentBytes &+= UInt64(range.count)
        offset = range.upperBound
      case .needMore: return nil
      case .finished(let end):
        didAnswer(index)
        return end
      case .invalid(let error):
        fail(index, .malformed, wireError: error, excerpt: bytes.extracting(offset..<bytes.count))
        return nil
      }
    }
  }

  // MARK: heads that come in pieces

  private mutating func carry(_ bytes: Span<UInt8>, _ index: Int) {
    connections[index].flags.remove(.looked)
    if connections[index].carry.isNone {
      connections[index].carry = pool.acquire(2 * plan.head.headBytes)
    }
    connections[index].carry.append(after: &connections[index].carryCount) { $0.append(copying: bytes) }
  }

  private mutating func takeCarriedHead(_ bytes: Span<UInt8>, _ index: Int) -> Int? {
    let before = connections[index].carryCount
    // One receive adds no more than a head can need.
    let added = min(bytes.count, plan.head.headBytes)
    carry(bytes.extracting(0..<added), index)
    let block = connections[index].carry
    let carried = block.bytes(0..<before + added)
    switch connections[index].scanner.scan(carried, limits: plan.head) {
    case .partial: return nil
    case .invalid(let error):
      fail(index, .malformed, wireError: error, excerpt: carried)
      return nil
    case .complete(let count):
      if let error = parse(
        carried.extracting(0..<count), hasFolds: connections[index].scanner.hasFolds, index)
      {
        fail(index, .malformed, wireError: error, excerpt: carried)
        return nil
      }
      if head.status.isError { note(.status, excerpt: carried) }
      releaseCarry(index)
      return begin(index, consumed: count - before, available: bytes.count)
    }
  }

  /// Parses a head that was scanned to its end, without its folds; returns the error of contradictory fields.
  private mutating func parse(_ bytes: Span<UInt8>, hasFolds: Bool, _ index: Int) -> WireError? {
    let method = plan.requests[Int(asked[cell(index, 0)].kind)].method
    guard hasFolds else {
      return Self.fault(parser.parse(bytes, answering: method, into: &head, fields: &fields))
    }
    let block = pool.acquire(bytes.count)
    var count = 0
    block.append(after: &count) { FoldedLines.unfold(bytes, into: &$0) }
    let outcome = parser.parse(block.bytes(0..<count), answering: method, into: &head, fields: &fields)
    pool.release(block)
    return Self.fault(outcome)
  }

  private static func fault(_ outcome: ParseOutcome) -> WireError? {
    switch outcome {
    case .complete: nil
    case .partial: preconditionFailure("a head that was scanned to its end is partial")
    case .invalid(let error): error
    }
  }

  mutating func releaseCarry(_ index: Int) {
    pool.release(connections[index].carry)
    connections[index].carry = .none
    connections[index].carryCount = 0
  }

  // MARK: the end of a response

  /// The oldest request has its response.
  mutating func didAnswer(_ index: Int) {
    let at = asked[cell(index, 0)].at
    if connections[index].answered > 0 { tally.reuses &+= 1 }
    connections[index].answered &+= 1
    connections[index].first = UInt16((Int(connections[index].first) &+ 1) % plan.pipeline)
    connections[index].unanswered &-= 1
    connections[index].progressAt = now
    connections[index].interims = InterimCount()
    connections[index].flags.subtract([.isInBody, .hasBegun, .looked])
    tally.requests &+= 1
    let digit = Int(connections[index].digit)
    tally.statuses[digit] &+= 1
    if digit > 3 { tally[.status] &+= 1 }
    if isMeasuring { measure(at) }
    if connections[index].flags.contains(.isLast) {
      end(index)
    } else {
      refill(index)
    }
  }

  private mutating func measure(_ at: UInt64) {
    // An open loop's arrivals of the prelude are not measured, however late their responses came.
    if at >= measuredFrom || arrivals == nil { keep(sample: now > at ? now &- at : 0) }
    if arrivals != nil, now >= endsAt { tally.late &+= 1 }
    let tenth = Int((now &- measuredFrom) / 100_000_000)
    while tally.timeline.count <= tenth { tally.timeline.append(0) }
    tally.timeline[tenth] &+= 1
  }
}
