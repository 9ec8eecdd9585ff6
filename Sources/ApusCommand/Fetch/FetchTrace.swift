// FetchTrace: heads and connections as they come and go, on standard error: what
// `--verbose` shows, in curl's form.

import Apus
import ApusEngine
import ApusRing
import ApusTLS

struct FetchTrace: Sendable {
  /// Fields whose values are secrets.
  private static let secrets = ["authorization", "proxy-authorization"]

  func note(_ event: ClientEvent) {
    if let line = Self.line(event) { StandardStream.error.write("* \(line)\n") }
  }

  func note(_ head: Client.ClientHead) { StandardStream.error.write(Self.text(head)) }

  /// A handshake: what was agreed on, and whose certificates the server has shown.
  func note(_ facts: SecureFacts, _ certificates: [PeerCertificate]) {
    let session = facts.isResumed ? "an earlier session is resumed" : "a new session"
    var lines = ["\(facts.version?.name ?? "TLS"), \(facts.suite?.name ?? "an unknown suite"), \(session)"]
    for certificate in facts.isResumed ? [] : certificates {
      lines.append("certificate of \(certificate.subject), from \(certificate.issuer)")
      if !certificate.names.isEmpty { lines.append("  for \(certificate.names.joined(separator: ", "))") }
      lines.append(
        "  from \(DateText.utc(certificate.notBefore)) to \(DateText.utc(certificate.notAfter))")
    }
    StandardStream.error.write(lines.map { "* \($0)\n" }.joined())
  }

  private static func line(_ event: ClientEvent) -> String? {
    switch event.kind {
    case .queued: nil
    case .connected(let time): "connected in \(HumanText.duration(time))"
    case .reused(let age, let idle):
      "on a connection that is \(HumanText.duration(age)) old, and was idle for \(HumanText.duration(idle))"
    case .retried: "asked once more: the connection had ended"
    case .redirected(let url): "redirected to \(url)"
    case .closed(let number, let ending, let uses, _):
      "connection \(number) closed behind \(uses) requests: \(FetchTable.sentence(ending))"
    }
  }

  /// Each line behind `>` or `<`; its bytes as they are, text or not.
  private static func text(_ head: Client.ClientHead) -> [UInt8] {
    let (mark, bytes) =
      switch head {
      case .request(let bytes): (">", bytes)
      case .response(let bytes): ("<", bytes)
      }
    let lines = bytes.split(separator: UInt8(ascii: "\n"))
    return lines.flatMap { line in
      let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
      return Array("\(mark) ".utf8) + (mark == ">" ? shown(line) : Array(line)) + [UInt8(ascii: "\n")]
    }
  }

  private static func shown(_ line: ArraySlice<UInt8>) -> [UInt8] {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")),
      secrets.contains(String(decoding: line[..<colon], as: UTF8.self).lowercased())
    else { return Array(line) }
    // `Basic` is no secret, what stands behind it is.
    let value = line[colon...].dropFirst(2)
    return line[...colon] + [UInt8(ascii: " ")] + value.prefix { $0 != UInt8(ascii: " ") }
      + Array(" (not shown)".utf8)
  }
}
