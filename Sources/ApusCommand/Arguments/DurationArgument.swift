// DurationArgument: times as people type them.

import ArgumentParser

/// `500ms`, `75s`, `2m`, `1h`, or several in a row as in `1m30s`; `0` is nothing in any unit.
package struct DurationArgument: ExpressibleByArgument, Equatable, Sendable, CustomStringConvertible {
  package let duration: Duration

  /// More would not fit the clock, and is a mistake.
  private static let longest = Duration.seconds(365 * 86_400)

  package init?(argument: String) {
    var rest = argument == "0" ? "0s" : argument[...]
    var sum = Duration.zero
    while !rest.isEmpty {
      let digits = rest.prefix { ("0"..."9").contains($0) }
      guard digits.count <= 9, let number = Int64(digits) else { return nil }
      rest = rest.dropFirst(digits.count)
      let unit = rest.prefix { ("a"..."z").contains($0) }
      rest = rest.dropFirst(unit.count)
      switch unit {
      case "ms": sum += .milliseconds(number)
      case "s": sum += .seconds(number)
      case "m": sum += .seconds(60 * number)
      case "h": sum += .seconds(3600 * number)
      default: return nil
      }
    }
    guard !argument.isEmpty, sum <= Self.longest else { return nil }
    duration = sum
  }

  package init(_ duration: Duration) { self.duration = duration }

  package var description: String { duration == .zero ? "0 s" : HumanText.duration(duration) }
  package var defaultValueDescription: String { description }

  /// For an option: a value, or a sentence that says what one looks like.
  static func parse(_ text: String) throws -> DurationArgument {
    guard let value = DurationArgument(argument: text) else {
      throw ValidationError("a time is a number and a unit, such as 500ms, 75s, 2m or 1h30m")
    }
    return value
  }

  /// Reads a time in which a number alone is seconds, with a fraction or without, as in curl's --max-time.
  static func parseSeconds(_ text: String) throws -> DurationArgument {
    guard let seconds = Double(text), text.allSatisfy({ $0.isNumber || $0 == "." }), seconds <= 31_536_000
    else {
      return try parse(text)
    }
    return DurationArgument(.milliseconds(Int64(seconds * 1000)))
  }
}
