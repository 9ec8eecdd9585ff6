// The task that writes a request's body as it comes, beside the one that has the response.

import ApusEngine

extension Client {
  /// Lets `write` write the body once its connection is there. Answers what it failed with, if
  /// the request fails by it.
  nonisolated(nonsending) func stream(
    _ call: ClientCall, _ length: UInt64?, awaitsLeave: Bool,
    _ write: @Sendable (inout ClientBodyWriter) async throws -> Void
  ) async -> (any Error)? {
    do {
      while !call.isOnConnection {
        guard call.failure == nil, !call.isBodyStopped else { return nil }
        await call.suspendWriter()
      }
      if awaitsLeave {
        call.core.table.awaitLeave(call.index)
        call.core.noteWork()
        while !call.core.table.mayGoAhead(call.index) {
          guard call.failure == nil, !call.isBodyStopped else { return nil }
          await call.suspendWriter()
        }
        // A final answer in place of leave: whoever asks for leave takes a refusal for one.
        if call.hasHead, call.core.table.response(call.index).head.status.code >= 300 { return nil }
      }
      var writer = ClientBodyWriter(call, length: length)
      try await write(&writer)
      // A source that ended because its task was cancelled has not said that the body is whole.
      try Task.checkCancellation()
      try writer.finish()
      return nil
    } catch {
      // The exchange failed or was over before; then this is what comes of it, not why.
      if call.failure != nil || call.isBodyStopped { return nil }
      call.failBody()
      return error
    }
  }
}
