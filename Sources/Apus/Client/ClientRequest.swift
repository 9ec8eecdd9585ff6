// ClientRequest: what a client is asked to ask.

public import ApusWire

/// One request, before it is made. It can be made any number of times.
public struct ClientRequest: Sendable {
  /// A token, such as `GET`.
  public var method: String
  /// Absolute, `http://host[:port]/path?query`.
  public var url: String
  /// Fields besides those that the client itself writes. Content-Length, Transfer-Encoding, Connection and
  /// Expect in it are left out; `Expect: 100-continue` is `expectsContinue`.
  public var fields: [ResponseField]
  /// Its content, if it has any.
  public var body: ClientBody
  /// Names and values that are added to the URL's query.
  public var query: [(String, String)] = []
  /// True if the connection is closed after the response.
  public var closesConnection = false
  /// True if the client sends `Expect: 100-continue` and waits before it sends the body (RFC 9110 section
  /// 10.1.1). After a second without a response it sends the body.
  public var expectsContinue = false

  /// A request with one of the common methods. Any other is a text, set as ``method``: `Method.other`
  /// has no name, and whoever makes such a request throws `ClientError.invalidMethod`, as with CONNECT,
  /// which asks for a tunnel.
  public init(_ method: Method, _ url: String, fields: [ResponseField] = [], body: ClientBody = .none) {
    self.method = method.name
    self.url = url
    self.fields = fields
    self.body = body
  }

  /// Adds `Authorization: Basic` (RFC 7617). The password goes over the wire readable by anybody on the way.
  public mutating func authorize(user: String, password: String) {
    fields.removeAll { $0.name.lowercased() == "authorization" }
    fields.append(ResponseField("Authorization", "Basic " + Base64.encode(Array("\(user):\(password)".utf8))))
  }
}

/// RFC 4648 section 4.
enum Base64 {
  static func encode(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".unicodeScalars)
    var result = String.UnicodeScalarView()
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var word: UInt32 = 0
      for byte in group { word = word << 8 | UInt32(byte) }
      word <<= UInt32(8 * (3 - group.count))
      for place in 0..<4 {
        let isPadding = place > group.count
        result.append(isPadding ? "=" : alphabet[Int(word >> UInt32(18 - 6 * place) & 63)])
      }
    }
    return String(result)
  }
}
