// StandardStream: what a command-line program says to whoever started it. Never used while serving.

internal import CApusLinux
internal import Glibc

/// Standard output and standard error.
package enum StandardStream: Int32, Sendable {
  case output = 1
  case error = 2

  package var descriptor: Int32 { rawValue }

  /// It was closed when the program began: nothing can be written to it.
  package var isMissing: Bool { apus_is_out_of_reach(rawValue) != 0 }

  /// Whether a person is likely to read it: isatty(3).
  package var isTerminal: Bool { isatty(rawValue) == 1 }

  /// Whether what is typed at a terminal comes in by standard input.
  package static var inputIsTerminal: Bool { isatty(0) == 1 }

  /// Gives each standard stream that the parent has closed a descriptor on which every read and write fails:
  /// else the next file or socket would have its number, and what is said would be written into it. To be
  /// called before anything is opened.
  package static func occupyClosed() {
    for number in STDIN_FILENO...STDERR_FILENO where fcntl(number, F_GETFD) < 0 {
      // Safety: a path of the program's own, ended with a NUL.
      // The lowest number that is free: this one.
      guard unsafe apus_open_directory(AT_FDCWD, "/") == number else { return }
    }
  }

  /// Writes all of `text`, or as much as the other end takes.
  package func write(_ text: String) { write(Array(text.utf8)) }

  /// The same for bytes that need not be text.
  package func write(_ bytes: [UInt8]) {
    var count = 0
    while count < bytes.count {
      // Safety: the array's storage lives during the call, and `count` stays below its size.
      let written = unsafe bytes.withUnsafeBytes { block in
        unsafe Glibc.write(rawValue, block.baseAddress! + count, block.count - count)
      }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { return }
      count += written
    }
  }
}
