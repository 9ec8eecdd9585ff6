// ClientTLSOptions: whom a client believes and who it is; curl's flags.

internal import Apus
internal import ApusEngine
internal import ApusRing
internal import ApusTLS
internal import ApusWire
package import ArgumentParser

package struct ClientTLSOptions: ParsableArguments {
  @Option(
    name: .customLong("cacert"),
    help: ArgumentHelp(
      "Believe servers that an authority in this file of PEM vouches for, in place of the system's; may be repeated.",
      valueName: "file"),
    completion: .file())
  package var authorities: [String] = []

  @Option(
    name: [.customShort("E"), .customLong("cert")],
    help: ArgumentHelp(
      "Show this certificate to a server that asks, its issuers behind it.", valueName: "file"),
    completion: .file())
  package var certificate: String?

  @Option(
    name: .customLong("key"),
    help: ArgumentHelp(
      "The private key of --cert; may be left out where it is in the certificate's file.", valueName: "file"),
    completion: .file())
  package var key: String?

  @Flag(
    name: [.customShort("k"), .customLong("insecure")],
    help: "Believe any server: whoever stands in between can read and change everything.")
  package var isInsecure = false

  @Option(
    name: .customLong("tls-min-version"),
    help: ArgumentHelp("The oldest version of TLS that is spoken.", valueName: "1.2|1.3"))
  package var minimumVersion: VersionArgument?

  package init() {}

  package func validate() throws {
    if key != nil, certificate == nil {
      throw ValidationError("--key needs the certificate that it was made for: --cert")
    }
    if (authorities + [certificate, key].compactMap { $0 }).contains("") {
      throw ValidationError("a file for TLS has an empty name: is a variable not set?")
    }
  }

  /// How https is spoken with these urls and those that they lead to; read now if one of them needs it.
  func security(for urls: [String]) throws(ExitCode) -> ClientSecurity {
    let isNeeded = urls.contains { (try? HTTPURL($0))?.scheme == .https }
    if isInsecure, isNeeded {
      StandardStream.error.write(
        "apus: warning: with --insecure nobody knows who answers: any server is believed\n")
    }
    // A redirect may lead to https: most do not, and to read the system's authorities takes some
    // milliseconds.
    if !isNeeded, authorities.isEmpty, certificate == nil, !isInsecure { return .systemWhenNeeded() }
    do throws(CertificateError) {
      var configuration = TLSClientConfiguration(try verification())
      configuration.minimumVersion = minimumVersion?.version ?? .tls12
      if let certificate {
        configuration.certificate = try CertificateSet(
          [.files(chain: certificate, key: key ?? certificate)], at: UnixTime.seconds())
      }
      return .tls(configuration)
    } catch {
      throw fail(.configuration, "\(error)")
    }
  }

  private func verification() throws(CertificateError) -> TLSClientConfiguration.Verification {
    if isInsecure { return .off }
    if authorities.isEmpty { return .authorities(try .system()) }
    return .authorities(try TrustStore(authorities: authorities))
  }
}
