// Turns completions into events of connections, and actions into submissions.

import ApusRing

extension Reactor where Driver: ~Copyable {
  /// The two operations of every request come first: a compare predicts better than a jump table.
  mutating func dispatch(_ completion: Completion) {
    let token = completion.token
    if token.isOf(.receive) {
      didReceive(completion)
    } else if token.isOf(.send) {
      if table.isCurrent(token) { table.didSend(completion.result, token.slot) }
    } else {
      dispatchOther(completion)
    }
  }

  @inline(never)
  private mutating func dispatchOther(_ completion: Completion) {
    let token = completion.token
    switch token.operation {
    case .receive, .send: preconditionFailure("dispatched already")
    case .accept: didAccept(completion)
    case .receiveInto: if table.isCurrent(token) { table.didReceiveInto(completion.result, token.slot) }
    case .fileSend: if table.isCurrent(token) { table.didSendFile(completion.result, token.slot) }
    case .fileRead: if table.isCurrent(token) { table.didReadFile(completion.result, token.slot) }
    case .peerAddress:
      if table.isCurrent(token) {
        table.didLearnAddress(driver.peerAddress(of: token.slot), token.slot)
      }
    case .wake:
      driver.enqueueWake(Token(.wake))
      obey()
    case .logWrite: table.didWriteLog(completion.result)
    case .cancel: didNotCancel(token)
    case .acceptCancel: didNotCancelAccept(Int(token.slot))
    case .connect, .clientReceive, .clientSend, .clientCancel, .clientShutdown, .clientSecured:
      dispatchToClient(completion)
    case .shutdown: if table.isCurrent(token) { table.didShutDown(token.slot) }
    case .secured: if table.isCurrent(token) { table.didSecure(token.slot, driver.facts(of: token.slot)) }
    case .secureAccept, .secureReceive, .secureSend, .secureConnect, .secureCancel, .secureShutdown,
      .secureClose:
      preconditionFailure("\(token.operation) passed the secured ring")
    case .close: break
    }
  }

  /// A receive of the slot's earlier connection still returns its buffer.
  private mutating func didReceive(_ completion: Completion) {
    let token = completion.token
    let isCurrent = table.isCurrent(token)
    if !completion.hasMore {
      if isCurrent { table.didEndReceive(token.slot) } else { farewells.remove(token) }
    }
    guard let buffer = completion.buffer else {
      if isCurrent { didReceiveNothing(completion.result, token.slot) }
      return
    }
    if isCurrent, completion.result > 0 {
      table.didReceive(driver.bytes(of: buffer, count: Int(completion.result)), token.slot)
    }
    driver.recycle(buffer)
  }

  /// A cancel found no operation: the operation has completed, or the kernel was in the middle of it. What is
  /// still in flight is cancelled again, even a receive behind a close: it would keep its connection open for
  /// ever.
  private mutating func didNotCancel(_ token: Token) {
    // A file's write is in a worker that cannot be interrupted; to cancel it again at once would spin.
    if token == Self.logCancel { return table.arm(.giveUpTasks, after: table.ticks.linger) }
    if table.isCurrent(token) { return table.didNotCancel(token.slot) }
    let receive = Token(.receive, slot: token.slot, generation: token.generation)
    if farewells.contains(receive) { driver.enqueueCancel(token.slot, operation: receive, token) }
  }

  private mutating func didReceiveNothing(_ result: Int32, _ slot: Slot) {
    switch -result {
    case 0: table.didFinishReceiving(slot)
    case Errno.protocolError: table.didFailSecurely(slot)
    case Errno.cancelled: break
    case Errno.noBuffers: table.counters.bufferShortages += 1
    default: table.didFail(slot)
    }
  }

  mutating func perform(_ action: ConnectionAction, _ slot: Slot) {
    switch action {
    case .none, .again: break
    case .receiveFirst: driver.enqueueFirstReceive(slot, table.token(.receive, slot))
    case .receive: driver.enqueueReceive(slot, table.token(.receive, slot))
    case .receiveInto(let region):
      driver.enqueueReceive(slot, into: region, table.token(.receiveInto, slot))
    case .cancelReceive:
      driver.enqueueCancel(slot, operation: table.token(.receive, slot), table.token(.cancel, slot))
    case .send(let region): driver.enqueueSend(slot, region, table.token(.send, slot))
    case .sendBoth(let head, let body): driver.enqueueSend(slot, head, body, table.token(.send, slot))
    case .sendFile:
      if !driver.enqueueFileSend(slot, table.partOfFile(slot), table.token(.fileSend, slot)) {
        table.copyFile(slot)
      }
    case .cancelSend: driver.enqueueCancel(slot, operation: table.sendToken(slot), table.token(.cancel, slot))
    case .readFile(let source, let offset, let region):
      driver.enqueueRead(source.file, offset: UInt64(offset), into: region, table.token(.fileRead, slot))
    case .askAddress(let listener):
      driver.enqueuePeerAddress(slot, listener: Int(listener), table.token(.peerAddress, slot))
    case .shutdown: driver.enqueueShutdown(slot, saying: nil, table.token(.shutdown, slot))
    case .cancelAll:
      if table.isInFlight(.receive, slot) {
        let operation: Operation = table.isInFlight(.receiveInto, slot) ? .receiveInto : .receive
        driver.enqueueCancel(slot, operation: table.token(operation, slot), table.token(.cancel, slot))
      }
      if table.isInFlight(.send, slot) {
        driver.enqueueCancel(slot, operation: table.sendToken(slot), table.token(.cancel, slot))
      }
    case .cancelAndClose(let receive):
      farewells.insert(receive)
      let cancel = Token(.cancel, slot: slot, generation: receive.generation)
      driver.enqueueCancelAndClose(slot, saying: nil, receive: receive, cancel: cancel, Token(.close))
    case .close(let reset): driver.enqueueClose(slot, saying: nil, reset: reset, Token(.close))
    }
  }
}
