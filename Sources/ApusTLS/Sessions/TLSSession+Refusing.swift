// Explains why the peer's certificate is rejected.

internal import ApusEngine
internal import CApusTLS

extension TLSSession {
  private static let namesShown = 8

  /// The verification has failed; `store` has the place and the reason. The library ends the handshake next.
  func refuse(_ store: OpaquePointer?) {
    // Safety: owned by the library, valid during its call.
    let error = unsafe X509_STORE_CTX_get_error(store)
    let faulty = unsafe X509_STORE_CTX_get_current_cert(store) ?? X509_STORE_CTX_get0_cert(store)
    guard let faulty = unsafe faulty else {
      refusal = SecureFailure(.invalidCertificate, "the peer's certificates cannot be verified")
      return
    }
    refusal = failure(of: error, unsafe Certificate(copying: faulty))
  }

  /// The requested name is not a valid host name.
  func refuseName(_ name: String) {
    Library.clearErrors()
    failure = SecureFailure(.invalidName, "`\(name)` is no name of a host")
  }

  private func failure(of error: Int32, _ certificate: Certificate) -> SecureFailure {
    let subject = "the certificate of `\(certificate.subject)`"
    switch error {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return SecureFailure(.certificateExpired, "\(subject) expired on \(DateText.utc(certificate.notAfter))")
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return SecureFailure(
        .certificateNotYetValid,
        "\(subject) holds only from \(DateText.utc(certificate.notBefore)) on; is this machine's clock right?"
      )
    case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
      return SecureFailure(
        .nameMismatch, "\(subject) is not for the name that was asked for: \(names(certificate))")
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return SecureFailure(
        .selfSigned, "\(subject) vouches for itself; to believe it, name it as an authority")
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return SecureFailure(
        .unknownAuthority,
        "\(subject), at the end of the chain, is no authority that is known; to believe it, name it as one")
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
      X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return SecureFailure(
        .unknownAuthority,
        "\(subject) comes from `\(certificate.issuer)`, which is no authority that is known; either it is to be named as one, or the peer leaves out a certificate in between"
      )
    case X509_V_ERR_CERT_REVOKED: return SecureFailure(.certificateRevoked, "\(subject) was revoked")
    case X509_V_ERR_UNABLE_TO_GET_CRL, X509_V_ERR_CRL_HAS_EXPIRED, X509_V_ERR_CRL_NOT_YET_VALID:
      return SecureFailure(
        .revocationUnknown,
        "whether \(subject) was revoked is not known (\(text(of: error))): read a list of today")
    case X509_V_ERR_EE_KEY_TOO_SMALL, X509_V_ERR_CA_KEY_TOO_SMALL, X509_V_ERR_CA_MD_TOO_WEAK:
      return SecureFailure(.weakCertificate, "\(subject) is too weak (\(text(of: error)))")
    default: return SecureFailure(.invalidCertificate, "\(subject) is not good (\(text(of: error)))")
    }
  }

  private func names(_ certificate: Certificate) -> String {
    let names = certificate.names.filter { $0.kind != .other }.map(\.text)
    if names.isEmpty { return "it names no host and no address" }
    let rest = names.count > Self.namesShown ? " and \(names.count - Self.namesShown) more" : ""
    return "it is for \(names.prefix(Self.namesShown).joined(separator: ", "))\(rest)"
  }

  private func text(of error: Int32) -> String {
    // Safety: the library's own constants.
    unsafe String(cString: X509_verify_cert_error_string(Int(error)))
  }
}
