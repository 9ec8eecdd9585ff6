// DiagnosticStream: standard error for what is said while a server serves. Cores say it, too, so it
// waits for nobody who reads.

internal import Glibc

/// Lines to a descriptor that others have, so that it cannot be made non-blocking. A line for which there is
/// no room, as in a pipe that nobody empties or on a terminal that is stopped (Ctrl-S), is left out, and the
/// next that is written says how many were.
package final class DiagnosticStream: TextOutputStream, Sendable {
  /// A pipe that is ready has room for so much (PIPE_BUF, pipe(7)).
  private static let pieceBytes = 4096

  private let descriptor: Int32
  private let state = Lock(State())

  private struct State: Sendable {
    var leftOut = 0
    var endsInsideLine = false
  }

  package init(descriptor: Int32 = StandardStream.error.descriptor) { self.descriptor = descriptor }

  /// Writes a line, its end included, or leaves it out.
  package func write(_ line: String) {
    state.withLock { state in
      var text = state.endsInsideLine ? "\n" : ""
      if state.leftOut > 0 { text += "(\(state.leftOut) lines left out here: nobody read what was said)\n" }
      let bytes = Array((text + line).utf8)
      let count = put(bytes)
      if count == bytes.count {
        state = State()
      } else if count == 0 {
        state.leftOut += 1
      } else {
        state = State(leftOut: state.leftOut + 1, endsInsideLine: true)
      }
    }
  }

  /// Writes as much as there is room for; answers how much.
  private func put(_ bytes: [UInt8]) -> Int {
    var count = 0
    while count < bytes.count, hasRoom {
      let size = min(Self.pieceBytes, bytes.count - count)
      // Safety: the array's storage lives during the call, and `count + size` is at most its size.
      let written = unsafe bytes.withUnsafeBytes { block in
        unsafe Glibc.write(descriptor, block.baseAddress! + count, size)
      }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { break }
      count += written
    }
    return count
  }

  private var hasRoom: Bool {
    var question = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    // Safety: one pollfd, which lives on this frame.
    return unsafe poll(&question, 1, 0) == 1 && question.revents & Int16(POLLOUT) != 0
  }
}
