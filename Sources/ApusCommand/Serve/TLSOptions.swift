// TLSOptions: how `apus serve` speaks TLS.

package import Apus
import ApusEngine
internal import ApusTLS
package import ArgumentParser

package struct TLSOptions: ParsableArguments {
  @Option(
    name: .customLong("tls-cert"),
    help: ArgumentHelp(
      "Speak TLS with the certificate in this file of PEM, its issuers behind it; may be repeated, and the name that a client asks for chooses.",
      valueName: "file"),
    completion: .file())
  package var certificates: [String] = []

  @Option(
    name: .customLong("tls-key"),
    help: ArgumentHelp(
      "The private key of the --tls-cert at the same place; may be left out where it is in the certificate's file.",
      valueName: "file"),
    completion: .file())
  package var keys: [String] = []

  @Flag(
    name: .customLong("tls-self-signed"),
    help:
      "Speak TLS with a certificate for localhost that is made at the start and kept in memory, for development."
  )
  package var selfSigned = false

  @Option(
    name: .customLong("tls-client-ca"),
    help: ArgumentHelp(
      "Serve only clients with a certificate of an authority in this file; may be repeated.",
      valueName: "file"),
    completion: .file())
  package var clientAuthorities: [String] = []

  @Option(
    name: .customLong("tls-client-crl"),
    help: ArgumentHelp(
      "What the authorities of --tls-client-ca have revoked; may be repeated. If there is one, each authority needs one.",
      valueName: "file"),
    completion: .file())
  package var revocations: [String] = []

  @Option(
    name: .customLong("tls-client-auth"),
    help: ArgumentHelp(
      "Whether a client without a certificate is served with --tls-client-ca. Without it: required.",
      valueName: "required|asked"))
  package var clientAuthentication: ClientAuthenticationArgument?

  @Option(
    name: .customLong("tls-min-version"),
    help: ArgumentHelp("The oldest version of TLS that is spoken; otherwise 1.2.", valueName: "1.2|1.3"))
  package var minimumVersion: VersionArgument?

  @Option(
    name: .customLong("https-redirect"),
    help: ArgumentHelp(
      "Listen for plain HTTP on this port too, and send clients to https with 308; may be an address.",
      valueName: "port"),
    transform: TLSOptions.parseAddress)
  package var redirect: [Server.Address] = []

  @Option(
    help: ArgumentHelp(
      "Send Strict-Transport-Security with every response over TLS, for this many days; 0 tells clients to forget it.",
      valueName: "days"),
    transform: TLSOptions.parseDays)
  package var hsts: Int?

  package init() {}

  /// TLS is spoken.
  package var isOn: Bool { selfSigned || !certificates.isEmpty }

  func check() throws {
    if selfSigned, !certificates.isEmpty {
      throw ValidationError("--tls-self-signed makes the certificate that --tls-cert names: give one of them")
    }
    if !keys.isEmpty, keys.count != certificates.count {
      throw ValidationError(
        "there are \(certificates.count) --tls-cert and \(keys.count) --tls-key: each certificate needs its key, in the same order"
      )
    }
    if (certificates + keys + clientAuthorities + revocations).contains("") {
      throw ValidationError("a file for TLS has an empty name: is a variable not set?")
    }
    if !isOn {
      try refuse(!clientAuthorities.isEmpty, "--tls-client-ca")
      try refuse(!revocations.isEmpty, "--tls-client-crl")
      try refuse(clientAuthentication != nil, "--tls-client-auth")
      try refuse(minimumVersion != nil, "--tls-min-version")
      try refuse(!redirect.isEmpty, "--https-redirect")
      try refuse(hsts != nil, "--hsts")
    }
    if clientAuthorities.isEmpty, !revocations.isEmpty || clientAuthentication != nil {
      throw ValidationError("whose certificates clients may show is to be said with --tls-client-ca")
    }
  }

  private func refuse(_ isGiven: Bool, _ option: String) throws {
    guard isGiven else { return }
    throw ValidationError("\(option) is for TLS: add --tls-cert and --tls-key, or --tls-self-signed")
  }

  private static func parseAddress(_ text: String) throws -> Server.Address {
    guard let address = Server.Address(text) else {
      throw ValidationError("--https-redirect takes a port or an address, as in 80 or 127.0.0.1:8080")
    }
    return address
  }

  private static func parseDays(_ text: String) throws -> Int {
    guard let days = Int(text), (0...3650).contains(days) else {
      throw ValidationError("--hsts is a number of days, 3650 at most; 730 is what browsers' lists want")
    }
    return days
  }
}

/// `--tls-client-auth`.
package enum ClientAuthenticationArgument: String, ExpressibleByArgument, CaseIterable, Sendable {
  case required, asked
}

extension TLSOptions {
  var files: TLSServerFiles {
    let keys = keys.isEmpty ? certificates : keys
    var files = TLSServerFiles(
      zip(certificates, keys).map { CertificateSet.Source.files(chain: $0, key: $1) })
    files.clientAuthorities = clientAuthorities
    files.revocations = revocations
    files.clients = clientAuthentication == .asked ? .asked : .required
    files.minimumVersion = minimumVersion?.version ?? .tls12
    return files
  }
}
