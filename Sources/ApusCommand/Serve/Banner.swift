// Banner: what a server says when it is ready: a small screen for a person, one line of facts for a log.

import Apus
import ApusRing
import Logging

struct Banner {
  private var facts: [(name: String, text: String)]
  private let directory: String
  /// A URL, or a socket's path, for each address, and what else it means.
  private let addresses: [(url: String, more: String)]

  init(
    _ command: ServeCommand, _ running: RunningServer, _ configuration: Server.Configuration,
    fingerprint: String?, readyIn: Duration
  ) {
    directory = command.directory
    addresses = running.addresses.enumerated().map { entry, address in
      let sockets = running.sockets.filter { $0.entry == entry }
      let isSecured = configuration.security != nil && entry < configuration.listen.count
      let redirects = configuration.security != nil && !isSecured
      return (
        Self.url(address, sockets, isSecured: isSecured),
        redirects ? "which redirects to https" : Self.more(sockets)
      )
    }
    let keepsConnections = configuration.limits.requestsPerConnection != 1
    let log = configuration.accessLog.map { "\($0.format.rawValue) to \(command.accessLog ?? "-")" }
    metadata = [
      "directory": "\(command.directory)", "url": "\(addresses.map(\.url).joined(separator: " "))",
      "host": "\(running.host)", "port": "\(running.port)",
      "listening": "\(running.sockets.map(\.description).joined(separator: " "))",
      "cores": "\(running.coreCount)", "cores-because": "\(running.coreReason)",
      "kernel": "\(KernelVersion.running)",
      "connections-per-core": "\(running.connectionsPerCore)",
      "keep-alive": keepsConnections ? "\(configuration.timeouts.keepAlive)" : "off",
      "drain": "\(configuration.timeouts.drain)",
      "access-log": "\(log ?? "off")", "ready-in": "\(readyIn)",
    ]
    facts = [
      ("cores", "\(running.coreCount), \(running.coreReason)"),
      ("kernel", "Linux \(KernelVersion.running), \(Self.features)"),
      ("connections", "up to \(HumanText.count(UInt64(running.connectionsPerCore))) on each core"),
      (
        "time-outs",
        "keep-alive \(keepsConnections ? HumanText.duration(configuration.timeouts.keepAlive) : "off"), "
          + "drain \(HumanText.duration(configuration.timeouts.drain))"
      ),
      ("access log", log ?? "off"),
    ]
    if let fingerprint { facts.append(("certificate", "SHA-256 \(fingerprint)")) }
    facts.append(("ready in", HumanText.duration(readyIn)))
    if let fingerprint { metadata["certificate-sha256"] = "\(fingerprint)" }
  }

  private static var features: String {
    ChosenRing.prefersDirectDescriptors
      ? "io_uring with direct descriptors" : "io_uring with ordinary descriptors"
  }

  private static func url(
    _ address: Server.Address, _ sockets: [BoundSocket], isSecured: Bool
  ) -> String {
    let scheme = isSecured ? "https" : "http"
    return switch address {
    case .tcp(let host, let port):
      switch host {
      case "*", "0.0.0.0": "\(scheme)://localhost:\(port)/"
      case "::":
        sockets.allSatisfy(\.takesBothFamilies)
          ? "\(scheme)://localhost:\(port)/" : "\(scheme)://[::1]:\(port)/"
      default: "\(scheme)://\(Server.Address.tcp(host, port))/"
      }
    case .unix: address.description
    }
  }

  /// The addresses that a wildcard or a name stands for.
  private static func more(_ sockets: [BoundSocket]) -> String {
    if sockets.contains(where: \.takesBothFamilies) {
      return "and on every other address of this machine, IPv4 and IPv6"
    }
    switch sockets.map(\.host) {
    case ["0.0.0.0"]: return "and on every other IPv4 address of this machine"
    case ["::"]: return "and on every other IPv6 address of this machine"
    case let hosts: return hosts.count > 1 ? "at " + hosts.joined(separator: " and ") : ""
    }
  }

  /// For a terminal.
  var screen: String {
    var lines = ["Apus \(ProgramVersion.text) serves \(directory)", ""]
    for (url, more) in addresses { lines.append("  " + url + (more.isEmpty ? "" : "   " + more)) }
    lines.append("")
    for fact in facts {
      lines.append("  " + fact.name + String(repeating: " ", count: 13 - fact.name.count) + fact.text)
    }
    lines += ["", "  Ctrl-C ends it after the responses under way.", ""]
    return lines.joined(separator: "\n") + "\n"
  }

  /// For a log.
  private(set) var metadata: Logger.Metadata
}
