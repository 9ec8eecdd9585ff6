// HostTable: selects the certificate for the name that a client asks for.

/// Exact names take precedence over wildcards, and earlier certificates of a set over later ones.
struct HostTable {
  private var exact: [String: Int] = [:]
  /// The key is the part after the first label, with its dot.
  private var wildcards: [String: Int] = [:]

  /// Takes each certificate's host names, in lower case, at the certificate's number.
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

  /// Returns the number of the certificate for a name; nil if there is none. `*` matches one label (RFC 9525
  /// section 6.3).
  func find(_ name: String) -> Int? {
    var name = name.lowercased()
    if name.hasSuffix(".") { name.removeLast() }
    if let number = exact[name] { return number }
    guard let dot = name.firstIndex(of: "."), dot != name.startIndex else { return nil }
    return wildcards[String(name[dot...])]
  }
}
