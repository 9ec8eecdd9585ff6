// GivenFields: the fields that a handler sets on its response, without those that only the server may set
// (RFC 9110 sections 6.6.1, 7.6.1, 8.6).

import ApusWire

struct GivenFields {
  /// The fields that are sent, in order.
  private(set) var lines: [ResponseField]
  /// One of them is the response's `Content-Type`; the last one wins.
  private(set) var hasType = false
  /// The connection is to end after the response (RFC 9112 section 9.6).
  private(set) var closesConnection = false

  init(_ fields: [ResponseField]) {
    lines = fields
    guard fields.contains(where: { $0.role != .plain }) else { return }
    lines = []
    for field in fields { take(field) }
  }

  private mutating func take(_ field: ResponseField) {
    switch field.role {
    case .plain: lines.append(field)
    case .server: break
    case .type:
      if hasType { lines.removeAll { $0.role == .type } }
      hasType = true
      lines.append(field)
    case .connection: take(connection: field)
    }
  }

  private mutating func take(connection field: ResponseField) {
    guard !field.isRefused else { return lines.append(field) }
    let options = field.value.split(separator: ",").map { $0.trimmingBlanks() }
    let others = options.filter { !["close", "keep-alive", ""].contains($0.lowercased()) }
    if options.contains(where: { $0.lowercased() == "close" }) { closesConnection = true }
    if others.count == options.count {
      lines.append(field)
    } else if !others.isEmpty {
      lines.append(ResponseField("Connection", others.joined(separator: ", ")))
    }
  }
}

extension Substring {
  fileprivate func trimmingBlanks() -> String {
    let start = drop { $0 == " " || $0 == "\t" }
    return String(String(start.reversed()).drop { $0 == " " || $0 == "\t" }.reversed())
  }
}
