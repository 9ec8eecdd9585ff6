// Banner: what a server says when it is ready: a small screen for a person, one line of facts for a log.

import Apus
import ApusRing
import Logging

struct Banner {
  private let facts: [(name: String, text: String)]
  private let directory: String
  /// A URL, or a socket's path, for each address.
  private let addresses: [(address: Server.Address, url: String)]

  init(
    _ command: ServeCommand, _ running: RunningServer, _ configuration: Server.Configuration,
    readyIn: Duration
  ) {
    directory = command.directory
    addresses = running.addresses.map { ($0, Self.url($0)) }
    let log = configuration.accessLog.map { "\($0.format.rawValue) to \(command.accessLog ?? "-")" }
    metadata = [
      "directory": "\(command.directory)", "url": "\(addresses.map(\.url).joined(separator: " "))",
      "host": "\(running.host)", "port": "\(running.port)",
      "cores": "\(running.coreCount)", "kernel": "\(KernelVersion.running)",
      "connections-per-core": "\(running.connectionsPerCore)",
      "keep-alive": "\(configuration.timeouts.keepAlive)", "drain": "\(configuration.timeouts.drain)",
      "access-log": "\(log ?? "off")", "ready-in": "\(readyIn)",
    ]
    facts = [
      ("cores", "\(running.coreCount)"),
      ("kernel", "Linux \(KernelVersion.running), \(Self.features)"),
      ("connections", "up to \(HumanText.count(UInt64(running.connectionsPerCore))) on each core"),
      (
        "time-outs",
        "keep-alive \(HumanText.duration(configuration.timeouts.keepAlive)), "
          + "drain \(HumanText.duration(configuration.timeouts.drain))"
      ),
      ("access log", log ?? "off"),
      ("ready in", HumanText.duration(readyIn)),
    ]
  }

  private static var features: String {
    KernelVersion.running.isGoodAtDirectDescriptors
      ? "io_uring with direct descriptors" : "io_uring with ordinary descriptors"
  }

  private static func url(_ address: Server.Address) -> String {
    switch address {
    case .tcp(let host, let port):
      isOpenToAll(host) ? "http://localhost:\(port)/" : "http://\(Server.Address.tcp(host, port))/"
    case .unix: address.description
    }
  }

  private static func isOpenToAll(_ host: String) -> Bool { ["0.0.0.0", "::"].contains(host) }

  /// For a terminal.
  var screen: String {
    var lines = ["Apus \(ApusCommand.version) serves \(directory)", ""]
    for (address, url) in addresses {
      let isOpenToAll = if case .tcp(let host, _) = address { Self.isOpenToAll(host) } else { false }
      lines.append("  " + url + (isOpenToAll ? "   and on every other address of this machine" : ""))
    }
    lines.append("")
    for fact in facts {
      lines.append("  " + fact.name + String(repeating: " ", count: 13 - fact.name.count) + fact.text)
    }
    lines += ["", "  Ctrl-C ends it; what is under way is answered first.", ""]
    return lines.joined(separator: "\n") + "\n"
  }

  /// For a log.
  let metadata: Logger.Metadata
}
