// ClientCall: one exchange of a core's client, as the task that makes it holds it. Every use
// is on the core's thread.

import ApusEngine
import ApusRing
import ApusWire

struct ClientCall: Sendable {
  let core: CoreClient
  let index: Index<ClientExchange>
  let serial: UInt32

  init(_ core: CoreClient, _ index: Index<ClientExchange>) {
    self.core = core
    self.index = index
    serial = core.table.serial(index)
  }

  var hasHead: Bool { core.table.hasHead(index) }
  var failure: ClientFailure? { core.table.failure(index) }
  var connection: ClientConnectionInfo { ClientConnectionInfo(core.table.connectionFacts(index)) }
  var trailers: [ResponseField] { core.table.trailers(index) }
  var isBodyStopped: Bool { core.table.isBodyStopped(index) }
  var isOnConnection: Bool { core.table.isOnConnection(index) }
  var isFlushed: Bool { core.table.isFlushed(index) }

  /// The calling thread is the core's.
  var isOnItsCore: Bool { core.isCurrent }

  /// The next piece of content; nil at its end.
  nonisolated(nonsending) func read() async throws -> BodyChunk? {
    while true {
      switch core.table.nextContent(index) {
      case .chunk(let chunk): return chunk
      case .end: return nil
      case .failed(let failure): throw error(failure)
      case .later: await suspend()
      }
    }
  }

  /// Waits until something happens to the exchange.
  nonisolated(nonsending) func suspend() async {
    await withTaskCancellationHandler {
      await core.suspend(index)
    } onCancel: {
      core.cancel(index, serial: serial)
    }
  }

  /// The same for the task that writes its body, which is cancelled with the other.
  nonisolated(nonsending) func suspendWriter() async { await core.suspendWriter(index) }

  func send(_ chunk: BodyChunk?) {
    core.table.send(index, chunk)
    core.noteWork()
  }

  /// Nobody wants the rest of the request's body.
  func stopBody() { core.table.stopBody(index) }

  func failBody() {
    core.table.failBody(index)
    core.noteWork()
  }

  /// The error that the caller gets.
  func error(_ failure: ClientFailure) -> any Error {
    failure == .cancelled ? CancellationError() : ClientError(failure)
  }

  func finish() {
    core.table.finish(index)
    core.noteWork()
  }
}
