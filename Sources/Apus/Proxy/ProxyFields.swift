// ProxyFields: which fields are handed on (RFC 9110 section 7.6.1), and what a proxy adds.

import ApusEngine
import ApusWire

enum ProxyFields {
  /// Fields of one connection; those that `Connection` names besides.
  private static let hopByHop: Set<String> = [
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te",
    "trailer",
    "transfer-encoding", "upgrade", "content-length", "expect",
  ]
  private static let forwarding: Set<String> = [
    "forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-real-ip",
  ]

  static func request(_ request: borrowing Request, _ configuration: ProxyConfiguration) -> [ResponseField] {
    var dropped = hopByHop
    dropped.insert("host")
    if !configuration.trustsForwarded { dropped.formUnion(forwarding) }
    var fields = copy(request.bytes, request.fields, except: dropped)
    let host = String(copying: request.bytes.extracting(request.head.host.range))
    if configuration.host == .preserved, let field = ResponseField(name: "Host", value: host), !host.isEmpty {
      fields.append(field)
    }
    let peer = request.peerAddress
    if configuration.forwarded.contains(.xForwarded) {
      add("X-Forwarded-For", peer, to: &fields)
      if !fields.contains(where: { $0.name.lowercased() == "x-forwarded-proto" }) {
        add("X-Forwarded-Proto", "http", to: &fields)
      }
      if !host.isEmpty, !fields.contains(where: { $0.name.lowercased() == "x-forwarded-host" }) {
        add("X-Forwarded-Host", host, to: &fields)
      }
    }
    if configuration.forwarded.contains(.standard) {
      var parts: [String] = []
      if let peer { parts.append("for=" + (peer.contains(":") ? "\"[\(peer)]\"" : peer)) }
      if !host.isEmpty { parts.append("host=\"\(host)\"") }
      add("Forwarded", (parts + ["proto=http"]).joined(separator: ";"), to: &fields)
    }
    return fields
  }

  /// Date is the proxy's own.
  static func response(_ head: borrowing ClientResponse) -> (fields: [ResponseField], type: MediaType?) {
    let fields = copy(head.bytes, head.fields, except: hopByHop.union(["date", "server"]))
    return (fields, nil)
  }

  private static func add(_ name: String, _ value: String?, to fields: inout [ResponseField]) {
    if let value, let field = ResponseField(name: name, value: value) { fields.append(field) }
  }

  private static func copy(
    _ bytes: Span<UInt8>, _ lines: Span<FieldLine>, except dropped: Set<String>
  ) -> [ResponseField] {
    var dropped = dropped
    var fields: [ResponseField] = []
    for index in lines.indices {
      let name = String(copying: bytes.extracting(lines[index].name.range))
      let value = String(copying: bytes.extracting(lines[index].value.range))
      if name.lowercased() == "connection" {
        for token in value.lowercased().split(separator: ",") {
          dropped.insert(String(token.drop { $0 == " " }.prefix { $0 != " " }))
        }
      }
      if let field = ResponseField(name: name, value: value) { fields.append(field) }
    }
    fields.removeAll { dropped.contains($0.name.lowercased()) }
    return fields
  }
}
