// HostTable: which certificate goes with the name that a client asks for.

/// Exact names come before wildcards, and the first certificate of a set before later ones.
struct HostTable {
  private var exact: [String: Int] = [:]
  /// By what stands behind the first label, with its dot.
  private var wildcards: [String: Int] = [:]

  /// In lower case, each certificate's at its own number.
  init(_ hosts: [[String]]) {
    for (number, hosts) in hosts.enumerated() {
      for host in hosts {
        if host.hasPrefix("*.") {
          wildcards[String(host.dropFirst())] = wildcards[String(host.dropFirst())] ?? number
        } else {
          exact[host] = exact[host] ?? number
        }
      }
    }
  }

  /// The number of the certificate for a name; nil: none is for it. `*` stands for one label (RFC 9525
  /// section 6.3).
  func find(_ name: String) -> Int? {
    var name = name.lowercased()
    if name.hasSuffix(".") { name.removeLast() }
    if let number = exact[name] { return number }
    guard let dot = name.firstIndex(of: "."), dot != name.startIndex else { return nil }
    return wildcards[String(name[dot...])]
  }
}
