// PlanCache: what a client has made ready on one core. A program asks for few URLs, and for those again
// and again: to take one apart and write its head anew took half as long as everything else that a
// request costs in user space.

import ApusEngine
import ApusWire

final class PlanCache {
  /// URLs that are kept; beyond, all are forgotten.
  private static let limit = 256

  /// Requests without fields and bodies, by their URLs.
  private var plans: [String: [RequestPlan]] = [:]
  private var last: (text: String, plan: RequestPlan)?

  /// A request that is nothing but method and URL.
  func plan(
    _ method: Method, _ text: String, _ configuration: Client.Configuration
  ) throws(ClientError) -> RequestPlan {
    if let last, last.plan.method == method, last.text == text { return last.plan }
    let plan: RequestPlan
    if let found = plans[text]?.first(where: { $0.method == method }) {
      plan = found
    } else {
      plan = try make(method, text, configuration)
    }
    last = (text, plan)
    return plan
  }

  private func make(
    _ method: Method, _ text: String, _ configuration: Client.Configuration
  ) throws(ClientError) -> RequestPlan {
    try Self.check("User-Agent", configuration.userAgent)
    let plan = try RequestPlan(
      method.name, try url(text), [], .none, closesConnection: false, expectsContinue: false, configuration)
    if plans.count >= Self.limit { plans.removeAll() }
    plans[text, default: []].append(plan)
    return plan
  }

  /// Any request.
  func plan(_ request: ClientRequest, _ configuration: Client.Configuration) throws(ClientError)
    -> RequestPlan
  {
    if let method = request.plainMethod { return try plan(method, request.url, configuration) }
    guard Method.isToken(request.method), request.method != Method.connect.name else {
      throw .invalidMethod(request.method)
    }
    try Self.check("User-Agent", configuration.userAgent)
    try Self.check("Content-Type", request.body.contentType)
    if let refused = request.fields.first(where: \.isRefused) { throw .invalidField(refused.name) }
    var place = try url(request.url)
    if !request.query.isEmpty {
      place.target +=
        (place.target.utf8.contains(UInt8(ascii: "?")) ? "&" : "?") + URLEncoding.form(request.query)
    }
    var hasBody = true
    if case .none = request.body.storage { hasBody = false }
    return try RequestPlan(
      request.method, place, request.fields.filter { !Self.isOwn($0.name) }, request.body,
      closesConnection: request.closesConnection,
      expectsContinue: hasBody && (request.expectsContinue || request.fields.contains { $0.expectsContinue }),
      configuration)
  }

  private func url(_ text: String) throws(ClientError) -> HTTPURL {
    if let known = plans[text]?.first { return known.url }
    let url: HTTPURL
    do throws(HTTPURL.Fault) { url = try HTTPURL(text) } catch { throw ClientError(error) }
    return url
  }

  private static func check(_ name: String, _ value: String?) throws(ClientError) {
    if let value, ResponseField(name: name, value: value) == nil { throw .invalidField(name) }
  }

  /// The client alone writes the fields that frame the message and keep the connection: with two lengths, one
  /// message could be read as two.
  private static func isOwn(_ name: String) -> Bool {
    switch name.utf8.count {
    case 6: name.lowercased() == "expect"
    case 10: ["connection", "keep-alive"].contains(name.lowercased())
    case 14: name.lowercased() == "content-length"
    case 17: name.lowercased() == "transfer-encoding"
    default: false
    }
  }
}

extension ResponseField {
  /// `Expect: 100-continue` (RFC 9110 section 10.1.1), in any case.
  fileprivate var expectsContinue: Bool {
    name.lowercased() == "expect" && value.lowercased() == "100-continue"
  }
}

extension ClientRequest {
  /// The method of a request that is nothing but method and URL.
  var plainMethod: Method? {
    guard fields.isEmpty, query.isEmpty, !closesConnection, !expectsContinue, case .none = body.storage else {
      return nil
    }
    let method = Method(Array(self.method.utf8).span)
    return method == .other || method == .connect ? nil : method
  }
}
