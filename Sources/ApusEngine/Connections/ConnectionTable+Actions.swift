// The next action follows from a connection's state alone, not from the order of events. At the end of a turn
// the reactor asks for each connection that something happened to, until the action is `none`.

package import ApusRing
import ApusWire

/// The next thing that the reactor is to do with a slot.
package enum ConnectionAction {
  case none
  /// There is nothing to perform; ask again.
  case again
  /// The first receive of a connection: single-shot, and tried at once.
  case receiveFirst
  case receive
  /// A receive into a buffer of the connection's own.
  case receiveInto(WritableRegion)
  case cancelReceive
  case send(ReadableRegion)
  case sendBoth(ReadableRegion, ReadableRegion)
  /// Sends `partOfFile`, uncopied, as soon as the socket has room.
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
    // Most common case: responses are being sent and the next request may arrive.
    if flags == [.receiving, .sending], phase != .closing { return .none }
    switch phase {
    case .free: return .none
    case .closing: return nextCloseAction(slot)
    case .idle, .head, .body, .dropping, .handling, .answering, .lingering: break
    }
    if flags.contains(.wantsAddress) {
      connections[slot].flags.subtract(.wantsAddress)
      // No receive before the address is known: the first request would be logged without it.
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

  /// False for a connection that closes after its response and does not linger. It reads no more, so no
  /// receive has to be cancelled at its close.
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
