// The body of requests on a command line: the text itself, or @ and the file that holds
// it; @- is standard input.

import ApusRing
import ArgumentParser

enum BodyArgument {
  /// It is kept in memory.
  private static let byteLimit = 1 << 30

  /// The bytes that `text` stands for; nil without one.
  static func read(_ text: String?) throws(ExitCode) -> [UInt8]? {
    guard let text else { return nil }
    guard text.hasPrefix("@") else { return Array(text.utf8) }
    let path = String(text.dropFirst())
    guard !path.isEmpty else {
      throw fail(.usage, "@ needs a file's name behind it, or - for standard input")
    }
    let source = path == "-" ? "standard input" : path
    do throws(FileError) {
      let bytes =
        try path == "-" ? WholeFile.readInput(upTo: byteLimit) : WholeFile.read(path, upTo: byteLimit)
      if let bytes { return bytes }
    } catch {
      throw fail(.configuration, "the body cannot be read from \(source): \(error)")
    }
    throw fail(.configuration, "the body from \(source) is longer than \(HumanText.bytes(UInt64(byteLimit)))")
  }

  /// Several as one, with & between them, as a form has its fields; nil without any.
  static func read(_ texts: [String]) throws(ExitCode) -> [UInt8]? {
    var body: [UInt8]?
    for text in texts {
      let bytes = try read(text) ?? []
      body = body.map { $0 + [UInt8(ascii: "&")] + bytes } ?? bytes
    }
    return body
  }
}
