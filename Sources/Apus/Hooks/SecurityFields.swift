// Fields that tell browsers to be careful with an answer.

import ApusEngine
public import ApusWire

extension Hook {
  /// Adds fields to each response that keep browsers from guessing types, framing the page and telling other
  /// sites where a visitor came from. A field that the handler has set stays.
  ///
  /// - Parameters:
  ///   - contentPolicy: `Content-Security-Policy`; nil sends no such field.
  ///     A text that no header field can carry keeps the server from starting.
  ///   - strictTransport: how long browsers are to come by TLS only (RFC 6797); nil says nothing, as
  ///     it cannot be taken back.
  public static func securityFields(
    contentPolicy: String? = nil, strictTransport: Duration? = nil, more: [ResponseField] = []
  ) -> Hook {
    var fields = [
      ResponseField("X-Content-Type-Options", "nosniff"), ResponseField("X-Frame-Options", "DENY"),
      ResponseField("Referrer-Policy", "strict-origin-when-cross-origin"),
    ]
    if let contentPolicy { fields.append(ResponseField("Content-Security-Policy", contentPolicy)) }
    if let strictTransport {
      let seconds = max(0, strictTransport.components.seconds)
      fields.append(ResponseField("Strict-Transport-Security", "max-age=\(seconds); includeSubDomains"))
    }
    let all = fields + more
    return Hook(fault: all.fault(in: "the security fields")) {
      Parts(after: { _, response in response.add(all) })
    }
  }
}

extension Response {
  /// Adds those of `all` that it does not have yet.
  fileprivate mutating func add(_ all: [ResponseField]) {
    let own = fields
    if own.isEmpty {
      fields = all
    } else {
      fields =
        own
        + all.filter { field in
          !own.contains { $0.name.lowercased() == field.name.lowercased() }
        }
    }
  }
}

extension [ResponseField] {
  /// Why fields that were made from a program's own texts cannot be sent; nil if they can.
  func fault(in place: String) -> String? {
    first(where: \.isRefused).map { "\(place): the field \($0.name) is no header field" }
  }
}
