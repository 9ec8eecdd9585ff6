// Certificate: one certificate (RFC 5280) and its contents.

internal import ApusEngine
internal import CApusTLS

/// Read-only, and shared by all cores.
@safe struct Certificate: Sendable {
  enum NameKind: Equatable, Sendable { case host, address, other }

  struct Name: Equatable, Sendable {
    var kind: NameKind
    var text: String
  }

  let owned: Owned

  init(_ owned: Owned) { self.owned = owned }

  /// Safety: the caller passes on one reference.
  @unsafe init(adopting pointer: OpaquePointer) { owned = unsafe Owned(pointer, X509_free) }

  /// Safety: `pointer` is valid during the call, which adds a reference.
  @unsafe init(copying pointer: OpaquePointer) {
    unsafe X509_up_ref(pointer)
    owned = unsafe Owned(pointer, X509_free)
  }

  // Safety, in all that follow: `owned` keeps the certificate, which nothing changes.
  var subject: String { unsafe Self.text { unsafe apus_tls_subject(owned.pointer, $0, $1) } }
  var issuer: String { unsafe Self.text { unsafe apus_tls_issuer(owned.pointer, $0, $1) } }
  /// Validity, in seconds since 1970.
  var notBefore: Int64 { unsafe apus_tls_not_before(owned.pointer) }
  var notAfter: Int64 { unsafe apus_tls_not_after(owned.pointer) }
  var hasRSAKey: Bool { unsafe apus_tls_is_rsa(owned.pointer) != 0 }
  var isSelfIssued: Bool { isIssued(by: self) }
  /// It gives the address of its issuer's certificate: public authorities' certificates do, private ones
  /// seldom.
  var namesIssuerAddress: Bool { unsafe apus_tls_names_issuer_address(owned.pointer) != 0 }

  func isIssued(by authority: Certificate) -> Bool {
    unsafe apus_tls_is_issued_by(owned.pointer, authority.owned.pointer) != 0
  }

  /// The SHA-256 digest of the whole certificate.
  var fingerprint: [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    let isDone = unsafe apus_tls_fingerprint(owned.pointer, &digest)
    precondition(isDone == 1, "no SHA-256")
    return digest
  }

  /// The subject alternative names that have a text.
  var names: [Name] {
    var names: [Name] = []
    // Safety: the array outlives the call, and only the call appends to it.
    unsafe withUnsafeMutablePointer(to: &names) { names in
      unsafe apus_tls_each_name(owned.pointer, names) { names, name in
        let kind: NameKind =
          switch unsafe name.kind {
          case APUS_TLS_DNS: .host
          case APUS_TLS_ADDRESS: .address
          default: .other
          }
        let bytes = unsafe UnsafeBufferPointer(start: name.text, count: name.count)
        let text = unsafe String(
          decoding: bytes.map { (0x21...0x7E).contains($0) ? $0 : 0x3F }, as: UTF8.self)
        unsafe names?.assumingMemoryBound(to: [Name].self).pointee.append(Name(kind: kind, text: text))
      }
    }
    return names
  }

  /// The certificate as a value for the engine.
  var summary: PeerCertificate {
    PeerCertificate(
      subject: subject, issuer: issuer, names: names.map(\.text), notBefore: notBefore, notAfter: notAfter)
  }

  private static let textByteLimit = 512

  private static func text(_ print: (UnsafeMutablePointer<CChar>?, Int) -> Int) -> String {
    var bytes = [CChar](repeating: 0, count: textByteLimit)
    // Safety: the call writes at most that many bytes and returns their number.
    let count = unsafe bytes.withUnsafeMutableBufferPointer { unsafe print($0.baseAddress, $0.count) }
    return String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
