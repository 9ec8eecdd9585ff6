// TrustStore: the trusted authorities. A client's store holds the authorities of servers' certificates, a
// server's store those of clients' certificates.

internal import ApusRing
internal import CApusTLS

/// Authorities, and their revocation lists. Shared by all cores.
///
/// Reading waits for the disk, so it must not happen on a core.
public final class TrustStore: Sendable {
  let store: Owned
  /// The authorities that a server names to its clients: those given explicitly, not the system's.
  let named: [Certificate]
  /// A digest of everything read, so that no session is resumed that another store has verified.
  let identity: [UInt8]

  private init(store: Owned, named: [Certificate], identity: [UInt8]) {
    self.store = store
    self.named = named
    self.identity = identity
  }

  /// Trusts only the certificates in these PEM files. Each is trusted, whether or not it is its own issuer.
  /// With `revocations` every certificate is looked up in its issuer's list, so each authority must have an
  /// unexpired list there.
  public convenience init(authorities: [String], revocations: [String] = []) throws(CertificateError) {
    var texts: [(name: String, bytes: [UInt8])] = []
    for path in authorities { texts.append((path, try CertificateFile.read(path))) }
    var lists: [(name: String, bytes: [UInt8])] = []
    for path in revocations { lists.append((path, try CertificateFile.read(path))) }
    try self.init(authorities: texts, revocations: lists)
  }

  /// Takes the contents of such files from memory; errors call the bytes by their names.
  public convenience init(
    authorities: [(name: String, bytes: [UInt8])], revocations: [(name: String, bytes: [UInt8])] = []
  ) throws(CertificateError) {
    let store = Self.makeStore()
    var named: [Certificate] = []
    for text in authorities { named += try Self.add(text, to: store) }
    for list in revocations { try Self.addRevocations(list, to: store) }
    // Safety: nothing else has the store yet.
    unsafe apus_tls_trust_all_of(store.pointer)
    if !revocations.isEmpty { unsafe apus_tls_check_revocation(store.pointer) }
    let all = authorities.flatMap(\.bytes) + revocations.flatMap(\.bytes)
    self.init(store: store, named: named, identity: Self.digest(all))
  }

  /// The system's authorities: SSL_CERT_FILE or SSL_CERT_DIR if these are set, else the first of the places
  /// where distributions and container images keep them.
  public static func system() throws(CertificateError) -> TrustStore {
    let store = makeStore()
    let place = try SystemAuthorities.find()
    switch place {
    case .file(let path): _ = try add((path, CertificateFile.read(path)), to: store)
    case .directory(let path):
      // Safety: nothing else has the store yet, and the path outlives the call.
      let isAdded = unsafe X509_STORE_load_locations(store.pointer, nil, path)
      Library.clearErrors()
      guard isAdded == 1 else { throw CertificateError(file: path, problem: .noCertificate) }
    }
    return TrustStore(store: store, named: [], identity: digest(Array("\(place)".utf8)))
  }

  /// Vouches for no one.
  static var nobody: TrustStore { TrustStore(store: makeStore(), named: [], identity: []) }

  private static func makeStore() -> Owned {
    Library.start()
    guard let store = unsafe X509_STORE_new() else { preconditionFailure("no memory for authorities") }
    // Safety: the one reference is ours.
    return unsafe Owned(store, X509_STORE_free)
  }

  private static func add(
    _ text: (name: String, bytes: [UInt8]), to store: Owned
  ) throws(CertificateError) -> [Certificate] {
    let certificates: [Certificate]
    do throws(PEMFault) {
      certificates = try PEM.certificates(text.bytes)
    } catch {
      throw CertificateError(file: text.name, fault: error)
    }
    guard !certificates.isEmpty else { throw CertificateError(file: text.name, problem: .noCertificate) }
    // Safety: the store takes references of its own.
    for certificate in certificates { unsafe X509_STORE_add_cert(store.pointer, certificate.owned.pointer) }
    Library.clearErrors()
    return certificates
  }

  private static func addRevocations(
    _ text: (name: String, bytes: [UInt8]), to store: Owned
  ) throws(CertificateError) {
    let lists: [Owned]
    do throws(PEMFault) {
      lists = try PEM.revocations(text.bytes)
    } catch {
      throw CertificateError(file: text.name, fault: error)
    }
    guard !lists.isEmpty else { throw CertificateError(file: text.name, problem: .noRevocationList) }
    // Safety: the store takes references of its own.
    for list in lists { unsafe X509_STORE_add_crl(store.pointer, list.pointer) }
    Library.clearErrors()
  }

  private static func digest(_ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    // Safety: both outlive the call, and the digest has 32 bytes.
    let isDone = unsafe apus_tls_sha256(bytes, bytes.count, &digest)
    precondition(isDone == 1, "no SHA-256")
    return digest
  }
}
