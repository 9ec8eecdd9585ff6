// Banner: what a server says when it is ready: a small screen for a person, one line of facts for a log.

import Apus
import ApusRing
import Logging

struct Banner {
  private let facts: [(name: String, text: String)]
  private let directory: String
  private let address: String
  private let isOpenToAll: Bool

  init(
    _ command: ServeCommand, _ running: RunningServer, _ configuration: Server.Configuration,
    readyIn: Duration
  ) {
    directory = command.directory
    isOpenToAll = ["0.0.0.0", "::", ""].contains(running.host)
    address = Self.url(host: isOpenToAll ? "localhost" : running.host, port: running.port)
    let log = configuration.accessLog.map { "\($0.format.rawValue) to \(command.accessLog ?? "-")" }
    metadata = [
      "directory": "\(command.directory)", "url": "\(address)", "host": "\(running.host)",
      "port": "\(running.port)",
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

  private static func url(host: String, port: UInt16) -> String {
    let authority = host.contains(":") ? "[\(host)]" : host
    return "http://\(authority):\(port)/"
  }

  /// For a terminal.
  var screen: String {
    var lines = ["Apus \(ApusCommand.version) serves \(directory)", "", "  \(address)"]
    if isOpenToAll { lines[2] += "   and on every other address of this machine" }
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
