// Request ids: one name for a request in the logs of all who had to do with it.

import ApusEngine
import ApusWire

extension Hook {
  /// Puts a request's id (`request.id`) into its answer, and into the request that a proxy makes of it.
  ///
  /// - Parameter trustsClient: takes the id that the request names in the same field for its own, if it is no
  ///   more than 64 letters, digits, dashes, dots and underscores: in `request.id`, the answer, logs, traces
  ///   and for a server behind alike. For servers behind a proxy that sets it. Without trust what a client
  ///   says in the field is handed on to nobody.
  public static func requestID(field: String = "X-Request-Id", trustsClient: Bool = false) -> Hook {
    let isName = !ResponseField(field, "").isRefused
    return Hook(fault: isName ? nil : "request ids: \(field) is no field name") {
      var parts = Parts(after: { request, response in response.identify(request.id, in: field) })
      parts.identity = RequestIdentity(field: field, trustsClient: trustsClient)
      return parts
    }
  }
}

extension Response {
  /// The id, in place of any other: a server behind may have said one.
  fileprivate mutating func identify(_ id: String, in name: String) {
    var lines = fields
    if !lines.isEmpty {
      let lowercased = name.lowercased()
      lines.removeAll { $0.name.utf8.count == lowercased.utf8.count && $0.name.lowercased() == lowercased }
    }
    lines.append(ResponseField(name, id))
    fields = lines
  }
}
