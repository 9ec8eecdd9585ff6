// ClientCall: one exchange of a core's client, as the task that makes it holds it. Every use is on the core's thread.

import ApusEngine
import ApusRing
import ApusWire

struct ClientCall: Sendable {
  let core: ClientCore
  let index: UInt32
  let serial: UInt32

  var progress: ClientProgress { core.table.progress(index) }
  var hasHead: Bool { core.table.hasHead(index) }
  var isComplete: Bool { core.table.isComplete(index) }
  var failure: ClientFailure? { core.table.failure(index) }
  var response: ResponseCopy { core.table.response(index) }
  var connection: ClientConnectionInfo { ClientConnectionInfo(core.table.connectionFacts(index)) }

  func nextChunk() -> BodyChunk? {
    let chunk = core.table.nextChunk(index)
    core.noteWork()
    return chunk
  }

  var trailers: [ResponseField] { core.table.trailers(index) }
  var isBodyStopped: Bool { core.table.isBodyStopped(index) }
  var isOnConnection: Bool { core.table.isOnConnection(index) }

  /// Nobody wants the rest of the request's body.
  func stopBody() { core.table.stopBody(index) }

  func failBody() {
    core.table.failBody(index)
    core.noteWork()
  }

  func suspendWriter() async { await core.suspendWriter(index) }

  func wantContent() { core.table.wantsContent(index) }

  func suspend() async { await core.suspend(index) }

  /// What the caller is told.
  func error(_ failure: ClientFailure) -> any Error {
    failure == .cancelled ? CancellationError() : ClientError(failure)
  }

  func finish() {
    core.table.finish(index)
    core.noteWork()
  }
}
