// The body of requests on a command line: the text itself, or @ and the file that holds it.

import ApusRing
import ArgumentParser

enum BodyArgument {
  /// The bytes that `text` stands for; nil without one.
  static func read(_ text: String?) throws(ExitCode) -> [UInt8]? {
    guard let text else { return nil }
    guard text.hasPrefix("@") else { return Array(text.utf8) }
    let path = String(text.dropFirst())
    do throws(FileError) {
      return try WholeFile.read(path)
    } catch {
      throw fail(.configuration, "the body cannot be read from \(path): \(error)")
    }
  }
}
