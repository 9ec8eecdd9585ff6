// The limit of open connections, and the drain to none.

package import ApusRing
import ApusWire

extension ConnectionTable {
  /// Fewer connections are open than the limit allows, so the core may accept.
  package var hasRoom: Bool { openCount < limits.connections }

  /// At the limit, closes the connections that have been idle longest, but none idle for less than
  /// `Timeouts.reapAfter`. While the table is full, the reap timer repeats this when the next one is old
  /// enough.
  ///
  /// One pass over the table finds all that are closed together: at the limit an accept costs its share of a
  /// pass, below the limit nothing. There is at most one pass per tick, whatever the number of accepts.
  package mutating func reapIfCrowded() {
    guard openCount >= limits.connections, !isDraining else { return }
    guard reapedAt != tick else {
      arm(.reap, after: 1)
      return
    }
    reapedAt = tick
    var oldest: [(since: UInt64, slot: Slot)] = []
    var next = tick.rawValue + ticks.reapAfter
    for slot in 0..<connections.count where connections[slot].phase == .idle {
      guard connections[slot].requestCount > 0, connections[slot].outbox == .none else { continue }
      // The deadline of an idle connection tells when it became idle.
      let since = connections[slot].deadline.rawValue - ticks.keepAlive
      if since + ticks.reapAfter <= tick.rawValue {
        oldest.append((since, Slot(slot)))
      } else {
        next = min(next, since + ticks.reapAfter)
      }
    }
    oldest.sort { $0.since < $1.since }
    for entry in oldest.prefix(limits.reapedTogether) { close(entry.slot, .pressure) }
    if openCount - min(oldest.count, limits.reapedTogether) >= limits.connections {
      let isMore = oldest.count > limits.reapedTogether
      arm(.reap, after: isMore ? 1 : next - tick.rawValue)
    }
  }

  /// From now on every response says `close`; idle connections get a short deadline, then FIN.
  package mutating func beginDrain() {
    isDraining = true
    exchanges.drain.begin()
    releaseKeptBlocks()
    arm(.drain, after: ticks.drain)
    // A response in flight keeps its own deadline; the short deadline begins when it is sent.
    for slot in 0..<connections.count
    where connections[slot].phase == .idle && !connections[slot].flags.contains(.sending) {
      setDeadline(min(connections[slot].deadline, tick + ticks.drainIdle), Slot(slot))
    }
    for slot in 0..<connections.count {
      // Otherwise the drain could wait for a peer whose reset went unnoticed.
      look(Slot(slot))
      if connections[slot].phase == .handling { exchange(Slot(slot))?.didBeginDrain() }
    }
  }

  /// At the drain deadline or a second signal, resets every connection that is still open.
  package mutating func resetAll() {
    for slot in 0..<connections.count
    where connections[slot].phase != .free && connections[slot].phase != .closing {
      abort(Slot(slot), .drainForced)
    }
  }

  /// A cancel found no operation: the operation has completed, or the kernel was in the middle of it. What is
  /// still in flight is cancelled again where it is to end; so a receive that was to check its socket still
  /// does.
  package mutating func didNotCancel(_ slot: Slot) {
    let flags = connections[slot].flags
    guard !flags.isDisjoint(with: [.receiving, .sending]) else { return }
    connections[slot].flags.subtract([.cancellingReceive, .cancellingAll])
    if flags.contains([.sending, .cancellingSend]) {
      connections[slot].flags.insert(.wantsSendCancelled)
    }
    markDirty(slot)
  }

  /// The multishot receive ended, for whatever reason. It is armed anew unless the connection reads no more.
  package mutating func didEndReceive(_ slot: Slot) {
    connections[slot].flags.subtract([.receiving, .cancellingReceive, .wantsLook])
    markDirty(slot)
  }
}
