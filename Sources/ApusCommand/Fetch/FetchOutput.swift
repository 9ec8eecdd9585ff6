// FetchOutput: where `apus fetch` writes a response: to standard output, or to a file that is made when the
// first byte is written.

import ApusRing
import ArgumentParser

/// One task writes at a time.
final class FetchOutput: Sendable {
  /// nil for standard output.
  let path: String?
  private let file = Lock<OutputFile?>(nil)

  init(_ path: String?) { self.path = path == "-" ? nil : path }

  /// Writes all of it.
  func write(_ bytes: Span<UInt8>) throws(FetchFailure) {
    let file = try open()
    do throws(FileError) { try file.write(bytes) } catch { throw failure(error) }
  }

  /// Nothing more comes: a file is there by now, and the disk has all of it.
  func finish() throws(FetchFailure) {
    let file = try open()
    do throws(FileError) { try file.finish() } catch { throw failure(error) }
  }

  private func open() throws(FetchFailure) -> OutputFile {
    if let open = file.withLock({ $0 }) { return open }
    let opened: OutputFile
    do throws(FileError) {
      opened =
        try path.map { path throws(FileError) in try OutputFile(creating: path) } ?? OutputFile(.output)
    } catch {
      throw failure(error)
    }
    file.withLock { $0 = opened }
    return opened
  }

  private func failure(_ error: FileError) -> FetchFailure {
    if path == nil, error == .other(errno: Errno.brokenPipe) { return FetchFailure(.outputClosed, nil) }
    return FetchFailure(.configuration, "\(path ?? "standard output") cannot be written: \(error)")
  }
}

/// The status that a fetch ends with. The sentence says why; it is nil where standard output was closed.
struct FetchFailure: Error {
  let status: ExitStatus
  let sentence: String?

  init(_ status: ExitStatus, _ sentence: String?) {
    self.status = status
    self.sentence = sentence
  }
}
