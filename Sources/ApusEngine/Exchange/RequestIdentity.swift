// RequestIdentity: one name for a request, wherever it is named: in its handler, its answer, logs, traces,
// and the request that a proxy makes of it.

import ApusWire

/// How the requests of some routes get their ids.
package final class RequestIdentity: Sendable {
  /// The field that answers, and proxied requests, say it in.
  package let field: String
  private let lowercasedField: String
  /// The id that a request comes with in that field is its own.
  private let trustsClient: Bool

  package init(field: String, trustsClient: Bool) {
    self.field = field
    lowercasedField = field.lowercased()
    self.trustsClient = trustsClient
  }

  /// The id that the request came with, if it is to be taken and is plain; nil otherwise.
  fileprivate func given(in request: borrowing Request) -> String? {
    guard trustsClient, let slice = firstValue(of: lowercasedField, in: request.bytes, fields: request.fields)
    else { return nil }
    let value = request.bytes[slice]
    return Self.isPlain(value) ? String(lending: value) : nil
  }

  private static func isPlain(_ text: Span<UInt8>) -> Bool {
    guard (1...64).contains(text.count) else { return false }
    for index in text.indices {
      switch text[index] {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
        break
      default: return false
      }
    }
    return true
  }
}

extension Request {
  /// The request's id: sixteen hexadecimal digits, another for every request of this process, and in practice
  /// of every other; or the one that it came with, on routes behind `Hook.requestID(field:trustsClient:)`
  /// with trust in the client.
  public var id: String { identity?.given(in: self) ?? ownID }

  private var ownID: String {
    // A bijection: numbers that follow each other do not look it, and never meet.
    var mixed = number
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    mixed ^= mixed >> 31
    let text = String(mixed, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }
}
