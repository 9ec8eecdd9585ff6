// Request ids: one name for a request in the logs of all who had to do with it.

public import ApusEngine
import ApusWire

extension Request {
  /// The request's own id: sixteen hexadecimal digits, another for every request of this process, and in practice of every
  /// other.
  public var id: String {
    // A bijection: numbers that follow each other do not look it, and never meet.
    var mixed = number
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    mixed ^= mixed >> 31
    let text = String(mixed, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }
}

extension Hook {
  /// Puts a request id into every answer: the request's own (`request.id`), or the one that it came with.
  ///
  /// - Parameter trustsClient: takes the id that the request names in the same field, if it is no more than 64 letters,
  ///   digits, dashes, dots and underscores. For servers behind a proxy that sets it.
  public static func requestID(field: String = "X-Request-Id", trustsClient: Bool = false) -> Hook {
    let isName = !ResponseField(field, "").isRefused
    return Hook(fault: isName ? nil : "request ids: \(field) is no field name") {
      Parts(after: { request, response in
        var id = request.id
        if trustsClient, let given = request.header(field), isPlain(given) { id = given }
        response.fields.append(ResponseField(field, id))
      })
    }
  }

  private static func isPlain(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
          UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
          true
        default: false
        }
      }
  }
}
