// CertificateCheck: whether a server can use a certificate, and warnings for its administrator.

enum CertificateCheck {
  /// The warning starts this many seconds before a certificate's expiry.
  static let noticeSeconds: Int64 = 14 * 86_400

  static func check(_ entry: CertificateSet.Entry, at unixSeconds: Int64) throws(CertificateError) {
    for certificate in entry.chain {
      if certificate.notAfter < unixSeconds {
        throw CertificateError(file: entry.file, problem: .expired(DateText.utc(certificate.notAfter)))
      }
      if certificate.notBefore > unixSeconds {
        throw CertificateError(file: entry.file, problem: .notYetValid(DateText.utc(certificate.notBefore)))
      }
    }
    for index in entry.chain.indices.dropFirst()
    where !entry.chain[index - 1].isIssued(by: entry.chain[index]) {
      throw CertificateError(file: entry.file, problem: .outOfOrder(number: index + 1))
    }
    guard ContextHandle().use(entry.chain.map(\.owned), key: entry.key) else {
      throw CertificateError(file: entry.file, problem: .weak)
    }
  }

  static func warnings(of entries: [CertificateSet.Entry], at unixSeconds: Int64) -> [CertificateWarning] {
    var hosts: Set<String> = []
    return entries.flatMap { entry in
      let taken = entry.hosts.filter { !hosts.insert($0).inserted }
      return matters(of: entry, at: unixSeconds)
        + taken.map(CertificateWarning.Matter.nameTaken)
        .map { CertificateWarning(file: entry.file, matter: $0) }
    }
  }

  private static func matters(of entry: CertificateSet.Entry, at unixSeconds: Int64) -> [CertificateWarning] {
    var matters: [CertificateWarning.Matter] = []
    let own = entry.chain[0]
    let end = entry.chain.map(\.notAfter).min() ?? own.notAfter
    if end - unixSeconds < noticeSeconds { matters.append(.expiresSoon(DateText.utc(end))) }
    if own.hasRSAKey { matters.append(.rsaKey) }
    if entry.chain.count == 1, !own.isSelfIssued, own.namesIssuerAddress {
      matters.append(.missingIssuer(own.issuer))
    }
    if own.names.allSatisfy({ $0.kind == .other }) { matters.append(.noNames) }
    return matters.map { CertificateWarning(file: entry.file, matter: $0) }
  }
}
