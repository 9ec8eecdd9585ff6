// Server.Address: where a server listens, as a value and as text.

extension Server {
  /// A place to listen at.
  ///
  /// As text: `127.0.0.1:8080`, `[::1]:8080`, `example.local:0`, `unix:/run/app.sock`,
  /// `unix:/run/app.sock?mode=0600`. Every address of this machine is `*:8080`, `:8080` or `8080`; those of
  /// IPv4 are `0.0.0.0:8080`. A port that is left out is 8080.
  public enum Address: Sendable, Hashable, CustomStringConvertible {
    /// A numeric address or a host name, and a port; 0 takes any free one. A name is listened for at all of
    /// its addresses that this machine has, eight at most: `localhost` is often 127.0.0.1 and ::1.
    ///
    /// `*` (or an empty name) is every address, of IPv6 and IPv4, whichever the machine has. So is `::`,
    /// which a machine must have, unless 0.0.0.0 is listened at with the same port as well: then `::` is
    /// IPv6's alone. An address that is listed twice, or covered by another one, has one listener.
    case tcp(String, UInt16)
    /// A Unix socket (unix(7)) at a path of at most 105 bytes. Users to whom its mode gives write permission
    /// may connect. The file is made at the start, where it replaces a socket without a listener, and removed
    /// at the end.
    case unix(String, mode: UInt16 = 0o660)

    /// Reads the text forms; nil for what is none.
    public init?(_ text: String) {
      if text.hasPrefix("unix:") {
        self.init(unix: text.dropFirst(5))
      } else {
        self.init(tcp: text[...])
      }
    }

    private init?(unix text: Substring) {
      let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
      guard let path = parts.first, !path.isEmpty else { return nil }
      guard parts.count == 2 else {
        self = .unix(String(path))
        return
      }
      guard parts[1].hasPrefix("mode="), let mode = UInt16(parts[1].dropFirst(5), radix: 8), mode <= 0o777
      else { return nil }
      self = .unix(String(path), mode: mode)
    }

    private init?(tcp text: Substring) {
      guard let (host, port) = Self.split(text), !host.contains("/") else { return nil }
      if host.hasPrefix("["), host.hasSuffix("]") {
        guard host.count > 2 else { return nil }
        self = .tcp(String(host.dropFirst().dropLast()), port)
      } else if host.contains(":"), host != "::" {
        return nil
      } else {
        self = Self.tcp(String(host), port).inUsualSpelling
      }
    }

    private static let usualPort: UInt16 = 8080

    private static func split(_ text: Substring) -> (host: Substring, port: UInt16)? {
      if text.isEmpty { return nil }
      if text == "::" || text.hasSuffix("]") { return (text, usualPort) }
      guard let colon = text.lastIndex(of: ":") else {
        // A number alone is a port and no name.
        return text.allSatisfy(\.isNumber) ? UInt16(text).map { ("*", $0) } : (text, usualPort)
      }
      return UInt16(text[text.index(after: colon)...]).map { (text[..<colon], $0) }
    }

    /// `*` for every way to say so, and no brackets around IPv6.
    var inUsualSpelling: Address {
      guard case .tcp(let host, let port) = self else { return self }
      if host.isEmpty { return .tcp("*", port) }
      return host.hasPrefix("[") && host.hasSuffix("]")
        ? .tcp(String(host.dropFirst().dropLast()), port) : self
    }

    /// The text form.
    public var description: String {
      switch self {
      case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
      case .unix(let path, let mode):
        mode == 0o660 ? "unix:\(path)" : "unix:\(path)?mode=0\(String(mode, radix: 8))"
      }
    }

    var isUnix: Bool {
      if case .unix = self { true } else { false }
    }
  }
}
