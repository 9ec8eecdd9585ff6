// ForwardProxy: a proxy that a client's requests go by way of (RFC 9110 section 3.7), and the hosts
// that they go to directly.

import ApusRing
import ApusWire

package struct ForwardProxy: Sendable {
  /// Why a text names none, as part of a sentence.
  package struct Fault: Error { package let explanation: String }

  package let host: String
  package let port: UInt16
  /// The value of `Proxy-Authorization`.
  let authorization: String?
  /// Hosts to which requests go without the proxy.
  package var exemptions = Exemptions("")
  /// The reason why the proxy cannot be used; nil if it can. Requests to exempt hosts go without it.
  package let refusal: String?

  /// Where there is none in the text, as curl has it.
  private static let defaultPort: UInt16 = 1080

  /// Reads `[http://][name[:password]@]host[:port]`, as `http_proxy` and `curl --proxy` have it; the name and
  /// the password percent-encoded.
  package init(_ text: String) throws(Fault) {
    refusal = nil
    var rest = text[...]
    if let range = text.firstRange(of: "://") {
      let scheme = text[..<range.lowerBound].lowercased()
      guard scheme == "http" else {
        throw Fault(explanation: "a proxy of the kind \(scheme) is not supported, only http")
      }
      rest = text[range.upperBound...]
    }
    rest = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    if let place = rest.lastIndex(of: "@") {
      authorization = "Basic " + Base64.encode(Self.decoded(rest[..<place]))
      rest = rest[rest.index(after: place)...]
    } else {
      authorization = nil
    }
    let url: HTTPURL
    do throws(HTTPURL.Fault) { url = try HTTPURL(String(rest)) } catch {
      throw Fault(explanation: error.explanation)
    }
    host = url.host
    port = rest.hasSuffix(":\(url.port)") ? url.port : Self.defaultPort
  }

  /// In place of one that cannot be used: `refusal` is a sentence that says why.
  package init(refusal: String) {
    self.refusal = refusal
    host = ""
    port = Self.defaultPort
    authorization = nil
  }

  /// `host:port`.
  package var name: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }

  /// Requests to this host go by way of it.
  package func serves(_ host: String) -> Bool { !exemptions.contains(host) }

  private static func decoded(_ text: Substring) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return bytes
  }
}

extension ForwardProxy {
  /// Names, domains, addresses and networks, as `no_proxy` lists them.
  package struct Exemptions: Sendable {
    private var isAll = false
    /// In small letters, without dots around them: the host, and all hosts in it.
    private var names: [String] = []
    /// An address, and how many of its bits count.
    private var networks: [(address: SocketAddress, bits: Int)] = []

    /// Commas or blanks stand between the entries; `*` is every host.
    package init(_ text: String) {
      isAll = text == "*"
      for entry in text.split(whereSeparator: { ", \t".contains($0) }) {
        let parts = entry.split(separator: "/", maxSplits: 1)
        guard let first = parts.first else { continue }
        let name = first.drop { $0 == "[" }.prefix { $0 != "]" }
        if let address = SocketAddress.numeric(host: String(name), port: 0) {
          let size = address.networkBytes.count * 8
          guard let bits = parts.count == 1 ? size : Int(parts[1]), (0...size).contains(bits) else {
            continue
          }
          networks.append((address, bits))
        } else {
          names.append(Self.bare(String(entry)))
        }
      }
    }

    /// - Parameter host: In small letters; an IPv6 address without brackets.
    package func contains(_ host: String) -> Bool {
      if isAll { return true }
      if let address = SocketAddress.numeric(host: host, port: 0) {
        return networks.contains { Self.isSame($0.address, address, bits: $0.bits) }
      }
      let host = Self.bare(host)
      return names.contains { !$0.isEmpty && (host == $0 || host.hasSuffix("." + $0)) }
    }

    private static func bare(_ name: String) -> String {
      var name = name.lowercased()[...]
      if name.hasPrefix(".") { name.removeFirst() }
      if name.hasSuffix(".") { name.removeLast() }
      return String(name)
    }

    private static func isSame(_ one: SocketAddress, _ other: SocketAddress, bits: Int) -> Bool {
      guard one.family == other.family else { return false }
      var left = bits
      for (first, second) in zip(one.networkBytes, other.networkBytes) where left > 0 {
        let mask = left >= 8 ? UInt8.max : ~(UInt8.max >> UInt8(left))
        if (first ^ second) & mask != 0 { return false }
        left -= 8
      }
      return true
    }
  }
}
