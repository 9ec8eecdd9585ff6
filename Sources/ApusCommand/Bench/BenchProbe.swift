// BenchProbe: one request before the load, to find the address that takes connections, and to say in one line
// why a server cannot be measured.

import Apus
package import ApusEngine
package import ApusRing
import ApusWire
package import ArgumentParser

package struct BenchProbe {
  private let request: LoadRequest
  private let name: String
  private let patience: Duration
  private let security: ClientSecurity?
  private let serverName: String?

  /// How long a server may take for the first response.
  private static let patience = Duration.seconds(5)
  /// How long an address may take for a connection while there is another one to try.
  private static let haste = Duration.seconds(1)

  /// - Parameter name: `host:port`, for sentences.
  package init(
    _ request: LoadRequest, name: String, timeout: Duration, security: ClientSecurity? = nil,
    serverName: String? = nil
  ) {
    self.request = request
    self.name = name
    self.security = security
    self.serverName = serverName
    patience = min(timeout, Self.patience)
  }

  /// The first of these addresses that takes a connection, if its server can be measured.
  package func choose(_ addresses: [SocketAddress]) throws(ExitCode) -> SocketAddress {
    precondition(!addresses.isEmpty, "\(name) has no address")
    for address in addresses.dropLast() {
      let tally = try ask(address, connecting: min(patience, Self.haste))
      if tally.firstFailure?.error == .connect { continue }
      try judge(tally)
      return address
    }
    let last = addresses[addresses.count - 1]
    try judge(try ask(last, connecting: patience))
    return last
  }

  private func ask(_ address: SocketAddress, connecting: Duration) throws(ExitCode) -> LoadTally {
    let plan = LoadPlan.single(
      request, to: address, timeout: DurationArgument(patience).nanoseconds,
      connectTimeout: DurationArgument(connecting).nanoseconds, security: security, serverName: serverName)
    return try BenchMeasurement(plan, threads: 1).tally
  }

  private func judge(_ tally: LoadTally) throws(ExitCode) {
    if let failure = tally.firstFailure {
      if let sentence = explain(failure, saidSomething: tally.bytesReceived > 0) {
        throw fail(.runtime, sentence)
      }
    } else if tally.requests == 0 {
      throw fail(.runtime, silence)
    }
  }

  private var silence: String {
    "\(name) accepted the connection and sent no response within \(HumanText.duration(patience))"
  }

  /// nil where the server can be measured nevertheless.
  private func explain(_ failure: LoadFailure, saidSomething: Bool) -> String? {
    switch failure.error {
    case .connect:
      switch failure.errno {
      case Errno.connectionRefused: "nothing listens on \(name): the connection was refused"
      case Errno.timedOut, Errno.cancelled:
        "\(name) took no connection within \(HumanText.duration(patience))"
      default: "\(name) cannot be connected to: \(Errno.text(failure.errno))"
      }
    case .timeout: silence
    case .reset where saidSomething, .truncated where saidSomething:
      "\(name) closed the connection in the middle of its response"
    case .reset, .truncated:
      "\(name) closed the connection without a response; perhaps it speaks TLS, and the url should begin with https"
    case .tls: "TLS with \(name) failed: \(failure.explanation ?? "no reason is known")"
    case .malformed:
      if failure.excerpt.starts(with: [0x15, 0x03]) {
        "\(name) speaks TLS: the url should begin with https"
      } else {
        "\(name) does not speak HTTP/1.1: \(failure.wireError?.explanation ?? "the bytes that it sent are no response to the request")"
      }
    case .status:
      // Servers that expect TLS say so in plain text, with a 400.
      String(decoding: failure.excerpt, as: UTF8.self).contains("HTTPS")
        ? "\(name) speaks TLS: the url should begin with https" : nil
    }
  }
}
