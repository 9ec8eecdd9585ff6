// The ends of connections: by the server's `close`, a failure, or a timeout; and the three steps to a closed
// socket.

import ApusRing
import ApusWire

extension LoadTable {
  /// The connection is used no more. Its requests without a response are sent again on the next one.
  mutating func end(_ index: Int) {
    tally.askedAgain &+= UInt64(connections[index].unanswered)
    connections[index].unsent &+= connections[index].unanswered
    connections[index].unanswered = 0
    connections[index].phase = .closing
    releaseCarry(index)
    markDirty(index)
  }

  /// Requests that were sent and have no response are lost.
  mutating func fail(
    _ index: Int, _ error: LoadError, errno: Int32 = 0, wireError: WireError? = nil,
    excerpt: Span<UInt8> = Span()
  ) {
    guard connections[index].phase != .closing else { return }
    note(error, errno: errno, wireError: wireError, excerpt: excerpt)
    let lost = connections[index].unanswered
    tally[error] += UInt64(max(1, lost))
    connections[index].first = UInt16((Int(connections[index].first) + Int(lost)) % plan.pipeline)
    connections[index].unanswered = 0
    end(index)
  }

  /// The connection's TLS failed.
  mutating func didFailSecurely(_ failure: SecureFailure, _ index: Int) {
    guard connections[index].phase != .closing else { return }
    note(.tls, explanation: failure.explanation)
    fail(index, .tls)
  }

  mutating func note(
    _ error: LoadError, errno: Int32 = 0, wireError: WireError? = nil, excerpt: Span<UInt8> = Span(),
    explanation: String? = nil
  ) {
    guard tally.firstFailure == nil else { return }
    var beginning: [UInt8] = []
    for offset in 0..<min(excerpt.count, 512) { beginning.append(excerpt[offset]) }
    tally.firstFailure = LoadFailure(
      error: error, errno: errno, wireError: wireError, excerpt: beginning, explanation: explanation)
  }

  /// A connection that the server had kept has ended. If no byte of the next response came, the server may do
  /// so (RFC 9112 9.3), and what was sent is sent again. Anything else is an error.
  private mutating func endOrFail(_ index: Int, _ error: LoadError, errno: Int32 = 0) {
    let isStale = connections[index].answered > 0 && connections[index].flags.isDisjoint(with: .hasBegun)
    if isStale || connections[index].unanswered == 0 {
      end(index)
    } else {
      fail(index, error, errno: errno)
    }
  }

  // MARK: completions

  /// The connect failed; nothing linked behind it completes.
  mutating func didFailToConnect(_ errno: Int32, _ index: Int) {
    connections[index].flags.subtract(.inFlight)
    markDirty(index)
    guard connections[index].phase == .connecting else { return }
    // The chain's requests were never sent: they stay with this connection.
    let kept = connections[index].unanswered
    connections[index].unanswered = 0
    connections[index].unsent &+= kept
    fail(index, .connect, errno: errno)
  }

  /// A send completed: the first of a connection, one that is not silent, or a silent one that failed.
  mutating func didSend(_ result: Int32, _ index: Int) {
    let wasTold = connections[index].flags.contains(.sending)
    let isWhole = wasTold && result == Int32(clamping: connections[index].sendBytes)
    connections[index].flags.subtract([.connecting, .sending])
    markDirty(index)
    switch connections[index].phase {
    case .connecting where isWhole: connections[index].phase = .open
    case .connecting: fail(index, .reset, errno: -min(result, 0))
    case .open: if !isWhole { endOrFail(index, .reset, errno: -min(result, 0)) }
    case .closed, .closing, .paused: break
    }
  }

  mutating func didEndReceive(_ index: Int) {
    connections[index].flags.subtract([.receiving, .wantsLook])
    markDirty(index)
  }

  /// The server's FIN.
  mutating func didFinish(_ index: Int) {
    guard connections[index].phase == .open else { return }
    if connections[index].flags.contains([.isInBody, .endsWithConnection]) {
      connections[index].flags.insert(.isLast)
      didAnswer(index)
    } else {
      endOrFail(index, .truncated)
    }
  }

  mutating func didFailToReceive(_ errno: Int32, _ index: Int) {
    guard connections[index].phase == .open else { return }
    endOrFail(index, .reset, errno: errno)
  }

  // MARK: closing

  /// Nothing is in flight: the socket is being closed, and the next one may be opened at once.
  mutating func didClose(_ index: Int) {
    let isPaused = connections[index].answered == 0
    connections[index].generation = (connections[index].generation + 1) % Token.generationCount
    connections[index].flags.subtract([
      .cancelled, .missedConnect, .isInBody, .endsWithConnection, .isLast, .hasBegun, .wantsLook, .looked,
    ])
    connections[index].answered = 0
    connections[index].interims = InterimCount()
    connections[index].progressAt = now
    // A server that sends no responses is not asked again without a pause.
    connections[index].phase = isPaused ? .paused : .closed
    if !isPaused { refill(index) }
  }

  /// Looks for connections without progress, and ends pauses.
  mutating func sweep() {
    guard now >= nextSweep else { return }
    nextSweep = now + Self.sweepInterval
    for index in 0..<startedCount {
      let progressAt = connections[index].progressAt
      switch connections[index].phase {
      case .connecting where now - progressAt >= plan.connectTimeout ?? plan.timeout:
        connections[index].unsent &+= connections[index].unanswered
        connections[index].unanswered = 0
        fail(index, .connect, errno: Errno.timedOut)
      case .open where connections[index].unanswered > 0 && now - progressAt >= plan.timeout:
        fail(index, .timeout)
      case .open where mayBeDeaf(index):
        connections[index].flags.formUnion([.wantsLook, .looked])
        markDirty(index)
      case .paused where now - progressAt >= Self.pause:
        connections[index].phase = .closed
        refill(index)
        markDirty(index)
      default: break
      }
    }
  }

  /// A response has stalled. A reset that arrived along with its last bytes would be missed: an armed receive
  /// reads the bytes and waits for an event that has already been. The receive is re-armed once per stall.
  private mutating func mayBeDeaf(_ index: Int) -> Bool {
    let flags = connections[index].flags
    return flags.contains(.receiving) && !flags.contains(.looked) && connections[index].unanswered > 0
      && (flags.contains(.hasBegun) || plan.pipeline > 1 && connections[index].answered > 0)
      && now - connections[index].progressAt >= Self.sweepInterval
  }
}
