// The ceiling of connections, and the way to none.

package import ApusRing
import ApusWire

extension ConnectionTable {
  /// Below the ceiling: accepting makes sense.
  package var hasRoom: Bool { openCount < limits.connections }

  /// At the ceiling, closes the connections that have been idle longest, none younger than
  /// `Timeouts.reapAfter`, and looks again when the next one will be old enough, for as
  /// long as the table is full.
  ///
  /// One pass over the table finds as many as are closed together: at the ceiling a connection costs its
  /// share of a pass, and below it nothing at all. A tick has one pass, however many it accepts.
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
      // An idle connection's deadline tells since when it is idle.
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

  /// From now on every answer says `close`; idle connections get a last moment, then FIN.
  package mutating func beginDrain() {
    isDraining = true
    exchanges.drain.begin()
    releaseKeptBlocks()
    arm(.drain, after: ticks.drain)
    // An answer under way keeps its own deadline; the last moment begins when it is out.
    for slot in 0..<connections.count
    where connections[slot].phase == .idle && !connections[slot].flags.contains(.sending) {
      setDeadline(min(connections[slot].deadline, tick + ticks.drainIdle), Slot(slot))
    }
    for slot in 0..<connections.count {
      // Nobody is waited for who has gone unheard.
      look(Slot(slot))
      if connections[slot].phase == .handling { exchange(Slot(slot))?.didBeginDrain() }
    }
  }

  /// The drain deadline, or a second signal: whatever is still open is reset.
  package mutating func resetAll() {
    for slot in 0..<connections.count
    where connections[slot].phase != .free && connections[slot].phase != .closing {
      abort(Slot(slot), .drainForced)
    }
  }

  /// A cancel came to nothing: what it was for has completed by now, or was not to be found for a moment.
  /// What is still in flight is cancelled again, where it is to end: a receive that was to look at its socket
  /// does, if the kernel is in the middle of it.
  package mutating func didNotCancel(_ slot: Slot) {
    let flags = connections[slot].flags
    guard !flags.isDisjoint(with: [.receiving, .sending]) else { return }
    connections[slot].flags.subtract([.cancellingReceive, .cancellingAll])
    if flags.contains([.sending, .cancellingSend]) {
      connections[slot].flags.insert(.wantsSendCancelled)
    }
    markDirty(slot)
  }

  /// The multishot receive ended, for whatever reason; it is armed anew unless the
  /// connection is done reading.
  package mutating func didEndReceive(_ slot: Slot) {
    connections[slot].flags.subtract([.receiving, .cancellingReceive, .wantsLook])
    markDirty(slot)
  }
}
