// JSONDefaults: the coders that are used where a call names none. A program that changes one setting starts
// from them.

import ApusWire
public import FoundationEssentials

/// How values become JSON, and JSON values, unless a call brings an encoder or a decoder of its own.
///
/// Dates are ISO 8601 in the form of RFC 3339: written in UTC and to the millisecond, without a fraction at a
/// whole second (`2026-01-31T12:30:00.250Z`, `2026-01-31T12:30:00Z`); read with or without a fraction, with
/// any offset, to the microsecond.
public enum JSONDefaults {
  /// A new encoder: dates as above, slashes not escaped.
  public static func encoder() -> JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    encoder.dateEncodingStrategy = .custom { date, encoder in
      var container = encoder.singleValueContainer()
      guard let text = text(of: date) else {
        // Not the date itself: the description of one that is no number traps.
        throw EncodingError.invalidValue(
          date.timeIntervalSince1970,
          EncodingError.Context(
            codingPath: encoder.codingPath,
            debugDescription: "a date outside of the years 0 to 9999 cannot be written as RFC 3339 has it"))
      }
      try container.encode(text)
    }
    return encoder
  }

  /// A new decoder: dates as above.
  public static func decoder() -> JSONDecoder {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .custom { decoder in
      let text = try decoder.singleValueContainer().decode(String.self)
      guard let moment = InternetDate.parse(text.utf8.span) else {
        throw ValueFault("is not a date such as 2026-01-31T12:30:00.250Z").error(at: decoder.codingPath)
      }
      let date = Date(moment)
      // An offset, or a fraction that is rounded, leads out of the years that can be written.
      guard unixMilliseconds(date) != nil else {
        throw ValueFault("is a date outside of the years 0 to 9999, in UTC").error(at: decoder.codingPath)
      }
      return date
    }
    return decoder
  }

  /// Seconds from 1970 to 2001, the reference date.
  fileprivate static let referenceSeconds: Int64 = 978_307_200

  /// Nil for a date that cannot be written.
  private static func unixMilliseconds(_ date: Date) -> Int64? {
    let milliseconds = (date.timeIntervalSinceReferenceDate * 1000).rounded()
    guard let time = Int64(exactly: milliseconds) else { return nil }
    let (unixTime, overflows) = time.addingReportingOverflow(referenceSeconds * 1000)
    return overflows || !InternetDate.unixMilliseconds.contains(unixTime) ? nil : unixTime
  }

  private static func text(of date: Date) -> String? {
    guard let unixTime = unixMilliseconds(date) else { return nil }
    let bytes = [UInt8](capacity: InternetDate.byteCount) { output in
      InternetDate.write(unixMilliseconds: unixTime, into: &output)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension Date {
  /// In one division, so that a date of whole milliseconds is the nearest that there is.
  fileprivate init(_ moment: InternetDate.Moment) {
    let seconds = moment.unixSeconds - JSONDefaults.referenceSeconds
    self.init(
      timeIntervalSinceReferenceDate: Double(seconds * 1_000_000 + Int64(moment.microseconds)) / 1_000_000)
  }
}
