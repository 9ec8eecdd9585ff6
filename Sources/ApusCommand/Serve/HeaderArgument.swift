// HeaderArgument: a field line as people type it.

package import Apus
import ArgumentParser

package enum HeaderArgument {
  /// Reads `Name: value`; fails with a sentence that says what is wrong with it.
  package static func parse(_ text: String) throws -> ResponseField {
    guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else {
      throw ValidationError("a header is a name, a colon and a value, such as 'X-Frame-Options: DENY'")
    }
    let name = String(text[..<colon])
    let value = text[text.index(after: colon)...]
    guard let field = ResponseField(name: name, value: trimmed(value)) else {
      throw ValidationError(
        "a header's name has letters, digits and dashes only, right up to the colon, and its value no control characters"
      )
    }
    if StaticFiles.setsItself(name) {
      throw ValidationError("the server sets \(name) itself")
    }
    return field
  }

  private static func trimmed(_ text: Substring) -> String {
    let isBlank = { (character: Character) in character == " " || character == "\t" }
    let front = text.drop(while: isBlank)
    let kept = front.reversed().drop(while: isBlank)
    return String(String(kept.reversed()))
  }
}
