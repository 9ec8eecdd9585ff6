// The values of the options that say what is asked for, and how they are read. Each error names a value that
// would be accepted.

package import Apus
import ApusWire
import ArgumentParser

enum CountArgument {
  static func parse(_ text: String, _ range: ClosedRange<Int>) throws -> Int {
    guard let count = Int(text), range.contains(count) else {
      throw ValidationError("a whole number from \(range.lowerBound) to \(range.upperBound) is needed")
    }
    return count
  }
}

enum MethodArgument {
  static func parse(_ text: String) throws -> String {
    let bytes = Array(text.utf8)
    let letters = bytes.allSatisfy {
      (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) || $0 == UInt8(ascii: "-")
    }
    guard (1...32).contains(bytes.count), letters else {
      throw ValidationError("a method is in capital letters, such as GET or POST")
    }
    if text == "CONNECT" { throw ValidationError("CONNECT opens a tunnel, which is not supported") }
    return text
  }
}

/// A header of requests as people type it, and as curl reads it.
package enum RequestHeaderArgument: Sendable, Equatable {
  /// `Name: value`; `Name;` for an empty value.
  case field(ResponseField)
  /// `Name:` leaves out a field that the client would send by itself. The name is in small letters.
  case without(String)

  package var field: ResponseField? {
    if case .field(let field) = self { field } else { nil }
  }

  /// The client alone writes the fields that frame the request: two that disagree would split it in two.
  private static let own = [
    "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer",
  ]

  static func parse(_ text: String) throws -> RequestHeaderArgument {
    let isEmpty = !text.contains(":") && text.hasSuffix(";")
    guard let colon = isEmpty ? text.lastIndex(of: ";") : text.firstIndex(of: ":") else {
      throw ValidationError("a header is a name, a colon and a value, such as 'Accept: text/html'")
    }
    let name = String(text[..<colon])
    let value = text[text.index(after: colon)...]
    let front = value.drop { $0 == " " || $0 == "\t" }
    let trimmed = String(String(front.reversed()).drop { $0 == " " || $0 == "\t" }.reversed())
    guard let field = ResponseField(name: name, value: trimmed) else {
      throw ValidationError(
        "a header's name has letters, digits and dashes only, right up to the colon, and its value no control characters"
      )
    }
    if own.contains(name.lowercased()) { throw ValidationError("\(name) is set by the client itself") }
    if !isEmpty, trimmed.isEmpty { return try leftOut(name.lowercased()) }
    // A server refuses every other expectation with 417 (RFC 9110 section 10.1.1).
    if name.lowercased() == "expect", field.value.lowercased() != "100-continue" {
      throw ValidationError("only 100-continue can be expected")
    }
    return .field(field)
  }

  private static func leftOut(_ name: String) throws -> RequestHeaderArgument {
    guard name != "host" else { throw ValidationError("no request may go without Host") }
    return .without(name)
  }
}
