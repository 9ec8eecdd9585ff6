// WholeFile: reading and writing a file in one go, for command lines. It waits for the disk: never on a core.

internal import Glibc

package enum WholeFile {
  /// All bytes of a file; nil if there are more than `limit`.
  package static func read(_ path: String, upTo limit: Int = .max) throws(FileError) -> [UInt8]? {
    // Safety: the path is a string that Swift ends with a NUL for the call.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(errno: errno) }
    defer { _ = close(descriptor) }
    return try read(descriptor, limit)
  }

  /// All bytes of standard input, up to its end; nil if there are more than `limit`.
  package static func readInput(upTo limit: Int) throws(FileError) -> [UInt8]? {
    try read(STDIN_FILENO, limit)
  }

  private static func read(_ descriptor: Int32, _ limit: Int) throws(FileError) -> [UInt8]? {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65_536)
    while true {
      // Safety: the array's storage lives during the call, and the call is told its size.
      let count = unsafe piece.withUnsafeMutableBytes {
        unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw FileError(errno: errno) }
      if count == 0 { return bytes }
      guard count <= limit - bytes.count else { return nil }
      bytes += piece[..<count]
    }
  }

  /// Makes the file, or replaces what is in it.
  package static func write(_ text: String, to path: String) throws(FileError) {
    let file = try OutputFile(creating: path)
    try file.write(text.utf8.span)
    try file.finish()
  }
}
