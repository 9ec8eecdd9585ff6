// ClientBody: what a request carries.

public import ApusEngine
public import FoundationEssentials

/// A request's body.
public struct ClientBody: Sendable {
  enum Storage: Sendable {
    case none
    case chunk(BodyChunk)
    case stream(UInt64?, @Sendable (inout ClientBodyWriter) async throws -> Void)
  }

  let storage: Storage
  /// `Content-Type`, unless the request has one.
  let contentType: String?

  /// No body.
  public static let none = ClientBody(storage: .none, contentType: nil)

  /// Bytes; sent from where they are copied to, once.
  public static func bytes(_ bytes: [UInt8], type: String? = nil) -> ClientBody {
    ClientBody(storage: .chunk(BodyChunk(copying: bytes.span)), contentType: type)
  }

  /// A text, in UTF-8.
  public static func text(_ text: String, type: String = "text/plain; charset=utf-8") -> ClientBody {
    ClientBody(storage: .chunk(BodyChunk(copying: text.utf8.span)), contentType: type)
  }

  /// A chunk of another response's or request's body; no byte is copied.
  public static func chunk(_ chunk: BodyChunk, type: String? = nil) -> ClientBody {
    ClientBody(storage: .chunk(chunk), contentType: type)
  }

  /// A value as JSON.
  /// - Parameter encoder: One of your own; nil for one of `JSONDefaults`: dates are
  ///   ISO 8601 with milliseconds.
  public static func json(_ value: some Encodable, encoder: JSONEncoder? = nil) throws -> ClientBody {
    let encoder = encoder ?? JSONDefaults.encoder()
    return .bytes([UInt8](try encoder.encode(value)), type: "application/json")
  }

  /// Names and values as an HTML form sends them.
  public static func form(_ fields: [(String, String)]) -> ClientBody {
    .text(URLEncoding.form(fields), type: "application/x-www-form-urlencoded")
  }

  /// Content that is written as it comes. Without a length it goes out in chunks. It cannot be sent twice, so
  /// a request that carries it is neither made again nor redirected.
  public static func stream(
    length: UInt64? = nil, type: String? = nil,
    _ write: @escaping @Sendable (inout ClientBodyWriter) async throws -> Void
  ) -> ClientBody {
    ClientBody(storage: .stream(length, write), contentType: type)
  }

  var isReplayable: Bool {
    if case .stream = storage { return false }
    return true
  }
}

/// Percent-encoding of what stands in a query or a form (WHATWG URL section 5.2).
enum URLEncoding {
  static func form(_ fields: [(String, String)]) -> String {
    fields.map { encode($0.0) + "=" + encode($0.1) }.joined(separator: "&")
  }

  private static func encode(_ text: String) -> String {
    var encoded = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "*"):
        encoded.unicodeScalars.append(Unicode.Scalar(byte))
      case UInt8(ascii: " "): encoded += "+"
      default:
        encoded += percent(byte)
      }
    }
    return encoded
  }

  /// `%XX`.
  static func percent(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
  }
}
