// CORS: which other origins' pages may read responses (WHATWG Fetch, section 3.2). The browser's preflight
// requests are answered here, and each response says what it allows.

import ApusEngine
public import ApusWire

/// The requests that pages of other origins may make.
public struct CORS: Sendable {
  /// The origins whose pages may read responses.
  public enum Origins: Sendable {
    /// All origins. It excludes `allowsCredentials`.
    case any
    /// These origins, as a browser writes them: `https://example.com`, without a slash at the end.
    case these(Set<String>)
  }

  /// The origins whose pages may make requests.
  public var origins: Origins
  /// The methods that they may use.
  public var methods: [Method] = [.get, .head, .post, .put, .patch, .delete]
  /// Request fields that they may set, beside those that are always allowed.
  public var requestFields: [String] = ["Content-Type", "Authorization"]
  /// Answer fields that they may read, beside those that are always allowed.
  public var exposedFields: [String] = []
  /// Whether the browser may send cookies and the like.
  public var allowsCredentials = false
  /// How long a browser may remember it.
  public var maxAge: Duration = .seconds(600)

  /// The defaults above, for these origins.
  public init(origins: Origins) { self.origins = origins }
}

extension Hook {
  /// Tells browsers which other origins' pages may read answers. Traps if everybody's may with
  /// credentials: that would hand each visitor's data to every page. A field's name that is none keeps
  /// the server from starting.
  public static func cors(_ rules: CORS = CORS(origins: .any)) -> Hook {
    if case .any = rules.origins, rules.allowsCredentials {
      preconditionFailure("CORS for any origin with credentials: name the origins")
    }
    let answer = PreflightAnswer(rules)
    return Hook(fault: rules.nameFault ?? (answer.preflight + answer.common).fault(in: "CORS")) {
      Parts(before: { answer.respond(to: $0) }, after: { answer.allow($0, &$1) })
    }
  }
}

extension CORS {
  /// The first name that is no token (RFC 9110 section 5.1); nil if all are tokens. `*` is one, and stands
  /// for every field.
  fileprivate var nameFault: String? {
    let names = requestFields + exposedFields + methods.map(\.name)
    let wrong = names.first { ResponseField(name: $0, value: "") == nil }
    return wrong.map { "CORS: \"\($0)\" is no name of a field or method" }
  }
}

/// The fields, made once.
private struct PreflightAnswer: Sendable {
  let rules: CORS
  let preflight: [ResponseField]
  let common: [ResponseField]

  init(_ rules: CORS) {
    self.rules = rules
    let methods = rules.methods.map(\.name).joined(separator: ", ")
    var preflight = [ResponseField("Access-Control-Allow-Methods", methods)]
    if !rules.requestFields.isEmpty {
      preflight.append(
        ResponseField("Access-Control-Allow-Headers", rules.requestFields.joined(separator: ", ")))
    }
    preflight.append(ResponseField("Access-Control-Max-Age", "\(max(0, rules.maxAge.components.seconds))"))
    self.preflight = preflight
    var common: [ResponseField] = []
    if rules.allowsCredentials { common.append(ResponseField("Access-Control-Allow-Credentials", "true")) }
    if !rules.exposedFields.isEmpty {
      common.append(
        ResponseField("Access-Control-Expose-Headers", rules.exposedFields.joined(separator: ", ")))
    }
    self.common = common
  }

  /// Answers the browser's question before the real request; nil for every other request.
  func respond(to request: borrowing Request) -> Response? {
    guard request.method == .options, request.head.known.contains(.origin),
      request.header("access-control-request-method") != nil
    else { return nil }
    return isAllowed(request) ? Response(status: .noContent, fields: preflight) : .empty()
  }

  /// Adds the fields that each response has, so that caches keep the responses to different origins apart.
  func allow(_ request: borrowing Request, _ response: inout Response) {
    switch rules.origins {
    case .any:
      response.fields += [ResponseField("Access-Control-Allow-Origin", "*")] + common
    case .these:
      var fields = response.fields
      fields.append(ResponseField("Vary", "Origin"))
      if isAllowed(request), let origin = request.header("origin"),
        let field = ResponseField(name: "Access-Control-Allow-Origin", value: origin)
      {
        fields.append(field)
        fields += common
      }
      response.fields = fields
    }
  }

  private func isAllowed(_ request: borrowing Request) -> Bool {
    switch rules.origins {
    case .any: true
    case .these(let origins):
      request.head.known.contains(.origin) && request.header("origin").map { origins.contains($0) } ?? false
    }
  }
}
