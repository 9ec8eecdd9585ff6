// BenchProbe: one request before the load, to say in one line why a server cannot be measured.

import Apus
import ApusEngine
import ApusRing
import ApusWire
import ArgumentParser

struct BenchProbe {
  private let plan: LoadPlan
  private let name: String
  private let patience: Duration

  /// How long a server may take for the first answer.
  private static let patience = Duration.seconds(5)

  init(_ targets: BenchTargets, _ origin: Int, _ command: BenchCommand) {
    let patience = min(command.timeout.duration, Self.patience)
    let nanoseconds = DurationArgument(patience).nanoseconds
    let request = targets.requests.first { $0.origin == origin }!
    plan = LoadPlan.single(request, to: targets.origins[origin], timeout: nanoseconds)
    name = targets.names[origin]
    self.patience = patience
  }

  func check() throws(ExitCode) {
    let tally = try BenchMeasurement(plan, threads: 1).tally
    if let failure = tally.firstFailure {
      if let sentence = explain(failure, saidSomething: tally.bytesReceived > 0) {
        throw fail(.runtime, sentence)
      }
    } else if tally.requests == 0 {
      throw fail(.runtime, silence)
    }
  }

  private var silence: String {
    "\(name) took the connection and did not answer within \(HumanText.duration(patience))"
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
      "\(name) closed the connection in the middle of its answer"
    case .reset, .truncated:
      "\(name) closed the connection without an answer; perhaps it speaks TLS, which is not supported yet"
    case .malformed:
      if failure.excerpt.starts(with: [0x15, 0x03]) {
        "\(name) speaks TLS: https is not supported yet"
      } else {
        "\(name) does not speak HTTP/1.1: \(failure.wireError?.explanation ?? "what came is no answer to the request")"
      }
    case .status:
      // Servers that expect TLS say so in plain text, with a 400.
      String(decoding: failure.excerpt, as: UTF8.self).contains("HTTPS")
        ? "\(name) speaks TLS: https is not supported yet" : nil
    }
  }
}
