// The values of the options of `apus bench` and `apus fetch`, and how they are read. Each error names a value
// that would be accepted.

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

enum RateArgument {
  static func parse(_ text: String) throws -> Double {
    let factor = text.hasSuffix("k") ? 1000.0 : text.hasSuffix("M") ? 1_000_000 : 1
    guard let rate = Double(factor == 1 ? text : String(text.dropLast())), rate.isFinite,
      (0.01...100_000_000).contains(rate * factor)
    else { throw ValidationError("a rate is a number of requests a second, up to 100M, such as 2000 or 20k") }
    return rate * factor
  }
}

/// `--arrivals`.
package enum ArrivalArgument: String, ExpressibleByArgument, CaseIterable, Sendable {
  case even, poisson
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

enum WeightArgument {
  static func parse(_ text: String) throws -> [Double] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
      guard let weight = Double(part), weight.isFinite, weight > 0 else {
        throw ValidationError("weights are numbers above 0 with commas between them, such as 3,1")
      }
      return weight
    }
  }
}

/// `p99<5ms`: what must hold at a rate.
package struct KneeBound: Equatable, Sendable {
  /// 0...100.
  package let percentile: Double
  package let nanoseconds: UInt64
  package let text: String

  package static func parse(_ text: String) throws -> KneeBound {
    let parts = text.split(separator: "<", omittingEmptySubsequences: false)
    guard parts.count == 2, let name = parts.first, let limit = DurationArgument(argument: String(parts[1])),
      limit.duration > .zero
    else { throw ValidationError("a bound is a percentile, < and a time, such as p99<5ms or max<1s") }
    let percentile: Double? =
      if name == "max" { 100 } else if name == "p999" { 99.9 } else {
        name.hasPrefix("p") ? Double(name.dropFirst()) : nil
      }
    guard let percentile, percentile > 0, percentile <= 100 else {
      throw ValidationError("\(name) is no percentile; p50, p90, p99, p99.9 and max are")
    }
    let (seconds, attoseconds) = limit.duration.components
    return KneeBound(
      percentile: percentile,
      nanoseconds: UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000),
      text: text)
  }
}
