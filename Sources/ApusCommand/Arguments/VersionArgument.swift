// VersionArgument: a version of TLS, as an option names it.

import ApusEngine
import ArgumentParser

/// `--tls-min-version`.
package enum VersionArgument: String, ExpressibleByArgument, CaseIterable, Sendable {
  case tls12 = "1.2"
  case tls13 = "1.3"

  var version: SecureVersion {
    switch self {
    case .tls12: .tls12
    case .tls13: .tls13
    }
  }
}
