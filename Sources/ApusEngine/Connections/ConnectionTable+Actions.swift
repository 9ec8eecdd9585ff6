// From a connection's state to the next thing to do with it. Asked at the end of the turn for each connection
// that something happened to, until it says `none`: whatever happened in between, the state alone decides.

package import ApusRing
import ApusWire

/// What the reactor is to do with a slot.
package enum ConnectionAction {
  case none
  /// Nothing to perform; ask again.
  case again
  /// The first receive of a connection: one, tried at once.
  case receiveFirst
  case receive
  /// Into memory of the connection's own.
  case receiveInto(WritableRegion)
  case cancelReceive
  case send(ReadableRegion)
  case sendBoth(ReadableRegion, ReadableRegion)
  /// Part of a file, uncopied, as soon as there is room: `partOfFile`.
  case sendFile
  case cancelSend
  case readFile(FileSource, offset: Int, WritableRegion)
  case askAddress(listener: UInt8)
  case shutdown
  case cancelAll
  /// Cancels the receive that this token names, and closes.
  case cancelAndClose(Token)
  case close(reset: Bool)
}

extension ConnectionTable {
  package mutating func nextAction(_ slot: Slot) -> ConnectionAction {
    let flags = connections[slot].flags
    let phase = connections[slot].phase
    // Answers are on their way and the next request may come: how most questions end.
    if flags == [.receiving, .sending], phase != .closing { return .none }
    switch phase {
    case .free: return .none
    case .closing: return nextCloseAction(slot)
    case .idle, .head, .body, .dropping, .handling, .answering, .lingering: break
    }
    if flags.contains(.wantsAddress) {
      connections[slot].flags.subtract(.wantsAddress)
      // No receive before the answer: the first request would be logged without it.
      connections[slot].flags.insert(.askingAddress)
      return .askAddress(listener: connections[slot].listener)
    }
    if flags.contains(.wantsSendCancelled) {
      connections[slot].flags.remove(.wantsSendCancelled)
      if flags.contains(.sending) { return .cancelSend }
    }
    if flags.isDisjoint(with: [.sending, .readingFile]) {
      if let outbox = claimedOutbox(slot) {
        if !outboxes[outbox].isEmpty { return nextSend(outbox, slot) }
      } else if phase == .lingering || flags.contains(.endsSending), !flags.contains(.shutDown) {
        connections[slot].flags.formUnion([.shutDown, .shuttingDown])
        return .shutdown
      }
    }
    if flags.contains(.receiving) {
      if !flags.isDisjoint(with: [.isPaused, .isBulk, .wantsLook]),
        flags.isDisjoint(with: [.cancellingReceive, .receivingInto])
      {
        connections[slot].flags.remove(.wantsLook)
        connections[slot].flags.insert(.cancellingReceive)
        return .cancelReceive
      }
    } else if flags.isDisjoint(with: [.isPaused, .peerFinished, .askingAddress]), needsInput(slot) {
      if flags.contains(.isBulk) { return nextBulkReceive(slot) }
      connections[slot].flags.insert(.receiving)
      guard flags.contains(.isFresh) else { return .receive }
      connections[slot].flags.remove(.isFresh)
      return .receiveFirst
    }
    return .none
  }

  /// A connection that will close after its answer, and owes no lingering, reads no more: with nothing armed
  /// its close is a plain one.
  private mutating func needsInput(_ slot: Slot) -> Bool {
    connections[slot].phase != .answering
      || !connections[slot].flags.contains(.closesAfterAnswer)
      || connections[slot].flags.contains(.lingers)
  }

  /// The next connection to settle; nil at the end of the turn's list.
  package mutating func nextDirty() -> Slot? {
    guard let slot = dirty.pop() else { return nil }
    connections[slot].flags.remove(.isDirty)
    return slot
  }
}
