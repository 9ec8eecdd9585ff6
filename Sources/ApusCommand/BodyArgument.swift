// The body of requests on a command line: the text itself, or @ and the file that holds it; @- is standard input.

import ApusRing
import ArgumentParser

enum BodyArgument {
  /// The bytes that `text` stands for; nil without one.
  static func read(_ text: String?) throws(ExitCode) -> [UInt8]? {
    guard let text else { return nil }
    guard text.hasPrefix("@") else { return Array(text.utf8) }
    let path = String(text.dropFirst())
    do throws(FileError) {
      return try path == "-" ? WholeFile.readInput() : WholeFile.read(path)
    } catch {
      let source = path == "-" ? "standard input" : path
      throw fail(.configuration, "the body cannot be read from \(source): \(error)")
    }
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
