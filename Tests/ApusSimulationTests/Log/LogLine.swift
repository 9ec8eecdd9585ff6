// LogLine: one line of a JSON access log, as a test reads it.

import ApusEngine
import ApusTesting

struct LogLine {
  let text: String

  /// A member's value as it stands, without quotes around it.
  subscript(name: String) -> String {
    guard let start = text.firstRange(of: "\"\(name)\":")?.upperBound else { return "" }
    let rest = text[start...]
    guard rest.first == "\"" else { return String(rest.prefix { $0 != "," && $0 != "}" }) }
    return String(rest.dropFirst().prefix { $0 != "\"" })
  }

  var bytes: Int { Int(self["bytes"]) ?? -1 }
  var status: Int { Int(self["status"]) ?? -1 }
  var isCut: Bool { self["cut"] == "true" }
  var seconds: Double { (Double(self["duration_ns"]) ?? -1) / 1e9 }
}

extension SimulatedKernel {
  /// What is in the log by now.
  var logLines: [LogLine] {
    String(decoding: logged, as: UTF8.self).split(separator: "\n").map { LogLine(text: String($0)) }
  }
}

extension AccessLogConfiguration {
  /// A log of the simulation's own.
  static var simulated: AccessLogConfiguration { AccessLogConfiguration(format: .json, descriptor: -1) }
}
