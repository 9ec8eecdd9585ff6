// WholeFile: reading and writing a file in one go, for command lines. It waits for the disk: never on a core.

internal import Glibc

package enum WholeFile {
  /// All bytes of a file.
  package static func read(_ path: String) throws(FileError) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(errno: errno) }
    defer { _ = close(descriptor) }
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
      bytes += piece[..<count]
    }
  }

  /// Makes the file, or replaces what is in it.
  package static func write(_ text: String, to path: String) throws(FileError) {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileError(errno: errno) }
    defer { _ = close(descriptor) }
    let bytes = Array(text.utf8)
    var count = 0
    while count < bytes.count {
      // Safety: the array's storage lives during the call, and `count` stays below its size.
      let written = unsafe bytes.withUnsafeBytes { block in
        unsafe Glibc.write(descriptor, block.baseAddress! + count, block.count - count)
      }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw FileError(errno: errno) }
      count += written
    }
  }
}
