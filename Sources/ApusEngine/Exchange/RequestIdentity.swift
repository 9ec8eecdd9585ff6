// RequestIdentity: the id of a request, which its handler, its response, logs, traces and proxied requests
// all share.

import ApusWire

/// The rule by which the requests of some routes get their ids.
package final class RequestIdentity: Sendable {
  /// The field that carries the id in responses and proxied requests.
  package let field: String
  private let lowercasedField: String
  /// A request keeps the id that it has in that field.
  private let trustsClient: Bool

  package init(field: String, trustsClient: Bool) {
    self.field = field
    lowercasedField = field.lowercased()
    self.trustsClient = trustsClient
  }

  /// The id that the request came with, if it is trusted and plain; nil otherwise.
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
  /// The request's id: sixteen hexadecimal digits, unique in this process and in practice among all
  /// processes. On routes with `Hook.requestID(field:trustsClient:)` and trust in the client it is the id
  /// that the request came with.
  public var id: String { identity?.given(in: self) ?? ownID }

  private var ownID: String {
    // A bijection (splitmix64): consecutive numbers look random, and ids stay unique.
    var mixed = number
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    mixed ^= mixed >> 31
    let text = String(mixed, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }
}
