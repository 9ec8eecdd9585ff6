// Basic (RFC 7617) and bearer (RFC 6750) credentials, which are checked before the handler. Both are for TLS
// only: each request carries the secret.

public import ApusEngine
import ApusWire
internal import FoundationEssentials

extension Hook {
  /// Answers 401 unless the request has a name and a password that `isValid` accepts.
  ///
  /// A realm with quotes, backslashes or what is not ASCII keeps the server from starting. Compare secrets
  /// with `constantTimeEquals(_:_:)`, so that the time it takes tells nothing.
  public static func basicAuthentication(
    realm: String = "restricted", _ isValid: @escaping @Sendable (_ name: String, _ password: String) -> Bool
  ) -> Hook {
    let needsEscapes = realm.utf8.contains { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C || $0 > 0x7E }
    let challenge = ResponseField("WWW-Authenticate", "Basic realm=\"\(realm)\", charset=\"UTF-8\"")
    return Hook(fault: needsEscapes ? "basic authentication: the realm would have to be escaped" : nil) {
      Parts(before: { request in
        if let (name, password) = request.basicCredentials, isValid(name, password) { return nil }
        throw HTTPError(.unauthorized, fields: [challenge])
      })
    }
  }

  /// Answers 401 unless the request has a token that `isValid` accepts.
  public static func bearerAuthentication(
    _ isValid: @escaping @Sendable (_ token: String) -> Bool
  ) -> Hook {
    let challenge = ResponseField("WWW-Authenticate", "Bearer")
    let refusal = ResponseField("WWW-Authenticate", "Bearer error=\"invalid_token\"")
    return .before { request in
      guard let token = request.bearerToken else { throw HTTPError(.unauthorized, fields: [challenge]) }
      if isValid(token) { return nil }
      throw HTTPError(.unauthorized, fields: [refusal])
    }
  }
}

extension Request {
  /// The token of `Authorization: Bearer` (RFC 6750 section 2.1); nil if there is none.
  public var bearerToken: String? { credentials(of: "bearer") }

  /// The name and password of `Authorization: Basic` (RFC 7617 section 2); nil if there are none.
  public var basicCredentials: (name: String, password: String)? {
    guard let text = credentials(of: "basic"), let data = Data(base64Encoded: text),
      let pair = String(validating: [UInt8](data), as: UTF8.self), let colon = pair.firstIndex(of: ":")
    else { return nil }
    return (String(pair[..<colon]), String(pair[pair.index(after: colon)...]))
  }

  /// The credentials that follow a scheme, whose name is in any case; nil for another scheme, or none.
  private func credentials(of scheme: String) -> String? {
    guard head.known.contains(.authorization), let value = header("authorization") else { return nil }
    let parts = value.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == scheme else { return nil }
    return String(parts[1].drop { $0 == " " })
  }
}

/// True if two texts are equal. The time depends on the length of `given` alone, so that a client cannot
/// measure how much of a guess is right.
public func constantTimeEquals(_ given: String, _ secret: String) -> Bool {
  let given = given.utf8.span
  let secret = secret.utf8.span
  var difference = UInt64(truncatingIfNeeded: given.count ^ secret.count)
  for index in 0..<given.count {
    let other = secret.isEmpty ? 0 : secret[index % secret.count]
    difference |= UInt64(given[index] ^ other)
  }
  return difference == 0
}
