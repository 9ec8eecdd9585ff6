// Streamed request bodies: they are decoded only as far as the handler reads. Unread bytes wait raw, up to
// `Limits.waitingBytes`, then in the kernel. A large body does not use the shared buffers: it is received
// directly into a buffer of the connection's own, one piece at a time.

package import ApusRing
import ApusWire

extension ConnectionTable {
  /// The handler of the connection's request has not got the end of its body.
  mutating func isReadingBody(_ slot: Slot) -> Bool {
    let intake = connections[slot].intake
    return intake != .none && intakes[intake].exchange != nil && !intakes[intake].decoder.isFinished
  }

  /// The reader wants more: it may need a 100 (Continue), bytes that wait raw, or bytes from the kernel.
  mutating func serveReader(_ exchange: Exchange, _ slot: Slot) {
    guard exchange.inflow.isWanted else { return }
    let intake = connections[slot].intake
    if exchange.inflow.owesContinue {
      exchange.inflow.owesContinue = false
      if !exchange.outflow.headIsWritten, exchange.outflow.head == nil, intakes[intake].raw.isEmpty {
        sendContinue(slot)
      }
    }
    if !intakes[intake].raw.isEmpty {
      let block = intakes[intake].raw.block
      let consumed = feed(block.bytes(intakes[intake].raw.range), exchange, slot)
      intakes[intake].raw.consume(consumed)
      pauseIfFull(slot)
      tidyIntake(slot)
    }
    if exchange.inflow.isWanted {
      if connections[slot].flags.contains(.peerFinished) {
        // Earlier responses are still owed; `didDrainOutbox` calls this again.
        if claimedOutbox(slot) == nil { endInput(exchange, slot) }
        return
      } else if !connections[slot].flags.contains(.isBulk), !exchange.isUpgraded, isLarge(intake) {
        connections[slot].flags.insert(.isBulk)
      }
      // The clock of the body stood still while the handler was slow, which is not the peer's fault.
      intakes[intake].progress.startClock(at: tick)
    }
    setPhaseDeadline(slot)
    markDirty(slot)
  }

  /// The peer's FIN came in the middle of the body, so nothing of the request can be trusted. After an
  /// upgrade it is the regular end.
  mutating func endInput(_ exchange: Exchange, _ slot: Slot) {
    if exchange.isUpgraded {
      exchange.inflow.end(.whole)
    } else if exchange.outflow.headIsWritten {
      abort(slot, .peerTruncated)
    } else {
      close(slot, .peerTruncated)
    }
  }

  /// The rest of the body, or what has arrived of one of unknown length, is enough for a buffer of its own.
  mutating func isLarge(_ intake: Index<Intake>) -> Bool {
    intakes[intake].decoder.remainingContent.map { $0 >= UInt64(limits.sharedBodyBytes) }
      ?? (intakes[intake].progress.bytes >= UInt64(limits.sharedBodyBytes))
  }

  /// Decodes `bytes` for the reader; returns how many were used. Bytes after the body's end are not.
  mutating func feed(_ bytes: Span<UInt8>, _ exchange: Exchange, _ slot: Slot, of buffer: BodyBuffer? = nil)
    -> Int
  {
    let intake = connections[slot].intake
    // The reader is resumed in every case, and asks again if it wants more.
    intakes[intake].progress.stopClock(at: tick)
    var offset = 0
    while offset < bytes.count {
      let trailersBefore = intakes[intake].decoder.trailerByteCount
      switch intakes[intake].decoder.decode(bytes, from: offset) {
      case .data(let range):
        intakes[intake].progress.note(range.count)
        if let buffer {
          exchange.inflow.append(BodyChunk(buffer, range))
        } else {
          exchange.inflow.append(copying: bytes.extracting(range))
        }
        offset = range.upperBound
        if intakes[intake].decoder.isFinished {
          endBody(exchange, slot)
          return offset
        }
      case .needMore(let used):
        noteTrailers(bytes, upTo: used, trailersBefore, intake)
        exchange.inflow.resume()
        return used
      case .finished(let used):
        noteTrailers(bytes, upTo: used, trailersBefore, intake)
        exchange.inflow.trailers = ResponseField.trailers(in: intakes[intake].trailers.span)
        endBody(exchange, slot)
        return used
      case .invalid(let error):
        // Nobody can tell where the next request starts.
        exchange.outflow.closeReason = .protocolError
        exchange.inflow.end(.failed(.malformed(error.status, error.explanation)))
        connections[slot].flags.remove(.isBulk)
        intakes[intake].decoder = BodyDecoder(.none)
        return bytes.count
      }
    }
    exchange.inflow.resume()
    return offset
  }

  /// Keeps the bytes of the trailer section that the last step used.
  private mutating func noteTrailers(
    _ bytes: Span<UInt8>, upTo end: Int, _ before: Int, _ intake: Index<Intake>
  ) {
    for index in end - (intakes[intake].decoder.trailerByteCount - before)..<end {
      intakes[intake].trailers.append(bytes[index])
    }
  }

  private mutating func endBody(_ exchange: Exchange, _ slot: Slot) {
    connections[slot].flags.remove(.isBulk)
    exchange.inflow.end(.whole)
    setPhaseDeadline(slot)
  }

  // MARK: receives into a buffer of its own

  /// The next such receive, if the reader waits for one.
  mutating func nextBulkReceive(_ slot: Slot) -> ConnectionAction {
    let intake = connections[slot].intake
    // Raw bytes come first: the reader of a pipelined request may ask before it got those.
    guard intake != .none, intakes[intake].raw.isEmpty, let exchange = intakes[intake].exchange,
      exchange.inflow.isWanted
    else { return .none }
    if intakes[intake].bulk == nil || !isKnownUniquelyReferenced(&intakes[intake].bulk) {
      intakes[intake].bulk = BodyBuffer(limits.ownedBodyBytes)
    }
    guard let buffer = intakes[intake].bulk else { return .none }
    connections[slot].flags.insert([.receiving, .receivingInto])
    // Never beyond a known end: later bytes belong to the next request.
    let most = min(intakes[intake].decoder.remainingContent ?? .max, UInt64(limits.ownedBodyBytes))
    return .receiveInto(buffer.writable(Int(most)))
  }

  /// A receive into the connection's own buffer completed.
  package mutating func didReceiveInto(_ result: Int32, _ slot: Slot) {
    connections[slot].flags.subtract([.receiving, .receivingInto, .cancellingReceive])
    markDirty(slot)
    guard result > 0 else {
      switch -result {
      case 0: didFinishReceiving(slot)
      case Errno.cancelled: break
      default: didFail(slot)
      }
      return
    }
    let intake = connections[slot].intake
    guard intake != .none, let buffer = intakes[intake].bulk else {
      preconditionFailure("slot \(slot) received into memory that it has given back")
    }
    buffer.received(Int(result))
    let bytes = buffer.bytes(0..<Int(result))
    guard connections[slot].phase == .handling else { return didReceive(bytes, slot) }
    counters.bytesReceived += UInt64(result)
    guard let exchange = intakes[intake].exchange, !intakes[intake].decoder.isFinished else {
      hold(bytes, slot)
      return
    }
    let used = feed(bytes, exchange, slot, of: buffer)
    if used < bytes.count { hold(bytes.extracting(used..<bytes.count), slot) }
    setPhaseDeadline(slot)
  }
}
