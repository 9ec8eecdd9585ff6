// Sending a file uncopied: first the room, then the call, which takes what there is room for. The call is
// made where the completion is reaped, as the real ring makes it.

import ApusRing
internal import Glibc

extension SimulatedKernel {
  /// Tells who waits for room that there is enough of it, or that none will be.
  func tellOfRoom(_ socket: SimulatedSocket) {
    guard let waiting = socket.awaitsRoom,
      isWritable(socket) || socket.wasReset || socket.outboundEnded
    else { return }
    socket.awaitsRoom = nil
    post(waiting.token, 4, socket: socket)
  }

  /// What became of the send whose room was found, or given up.
  func completionOfFileSend(_ room: Entry) -> Completion {
    let token = room.completion.token
    guard let socket = room.socket, let part = socket.filePart.take() else { return room.completion }
    let isCancelled = room.completion.result == -ECANCELED
    guard room.completion.result >= 0 || isCancelled else { return room.completion }
    let obstacle = part.obstacle
    return Completion(token: token, result: obstacle == 0 ? sendFile(socket, part) : obstacle)
  }

  /// sendfile(2) on a socket that does not block.
  private func sendFile(_ socket: SimulatedSocket, _ part: FilePart) -> Int32 {
    let slot = socket.slot
    if socket.isClosed {
      violate("slot \(slot): a file is sent while it is closed")
      return -EBADF
    }
    if socket.send != nil || socket.awaitsRoom != nil { violate("slot \(slot): two sends at once") }
    if socket.wasReset || socket.outboundEnded {
      let error = socket.wasReset && !socket.resetWasTold ? -ECONNRESET : -EPIPE
      socket.resetWasTold = true
      return error
    }
    growRoom(socket)
    var limit = min(room(socket), part.total)
    if limit > 1, strikes(.partialWindow) { limit = random.within(1...(limit - 1)) }
    let head = part.head.map { $0.copy(0..<min(limit, $0.count)) } ?? []
    let contents = read(part, limit - head.count)
    if head.isEmpty, contents.isEmpty { return limit > 0 ? -EFAULT : 0 }
    socket.outbound.append(contentsOf: head + contents)
    count {
      $0.sends += 1
      $0.bytesSent += head.count + contents.count
    }
    peerMayRead(socket)
    return Int32(head.count + contents.count)
  }

  private func read(_ part: FilePart, _ limit: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: max(0, min(limit, part.count)))
    // Safety: into the array's own memory, as many bytes as it has.
    let count = unsafe bytes.withUnsafeMutableBytes {
      unsafe pread(part.source.file.descriptor, $0.baseAddress, $0.count, off_t(part.offset))
    }
    return Array(bytes.prefix(max(0, count)))
  }
}
