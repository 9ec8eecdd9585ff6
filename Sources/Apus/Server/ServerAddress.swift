// Server.Address: where a server listens, as a value and as text.

extension Server {
  /// A place to listen at.
  ///
  /// As text: `127.0.0.1:8080`, `[::1]:8080`, `example.local:0`, `unix:/run/app.sock`, `unix:/run/app.sock?mode=0600`.
  public enum Address: Sendable, Hashable, CustomStringConvertible {
    /// A numeric address or a host name, and a port; 0 takes any free one. A name is listened for at all of its addresses that
    /// this machine has, eight at most: `localhost` is often 127.0.0.1 and ::1.
    case tcp(String, UInt16)
    /// A Unix socket (unix(7)) at a path of at most 105 bytes. Who may write to it by its mode may connect. The file is
    /// made at the start, in the place of a socket that nobody answers at, and removed at the end.
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
      guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
        return nil
      }
      var host = text[..<colon]
      if host.hasPrefix("["), host.hasSuffix("]") {
        host = host.dropFirst().dropLast()
      } else if host.contains(":") {
        return nil
      }
      guard !host.isEmpty else { return nil }
      self = .tcp(String(host), port)
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
