// Certificates that are read and checked.

import ApusEngine
import ApusTLS
import CApusTLS
import Glibc
import Testing

@Suite struct CertificateSetTests {
  private static let root = TestCertificate.root()
  private static let middle = root.issue("Middle", isAuthority: true)
  private static let good = middle.issue("a.test")

  private func problem(
    chain: [UInt8] = Self.good.chainPEM, key: [UInt8] = Self.good.keyPEM, at time: Int64 = TestCertificate.now
  ) -> CertificateError.Problem? {
    do throws(CertificateError) {
      _ = try CertificateSet([.bytes(chain: chain, key: key, name: "test.pem")], at: time)
      return nil
    } catch {
      #expect(error.file == "test.pem" && error.description.contains("test.pem"))
      return error.problem
    }
  }

  @Test func `a good chain has no fault and no warning`() throws {
    let set = try CertificateSet(Self.good)
    #expect(set.warnings.isEmpty)
    #expect(set.earliestExpiry == TestCertificate.now + 59 * TestCertificate.day)
  }

  @Test func `each fault is told`() {
    #expect(problem(chain: []) == .noCertificate)
    #expect(problem(chain: Self.good.keyPEM) == .noCertificate)
    #expect(problem(chain: Self.good.pem + Self.middle.pem.dropLast(40)) == .malformed(number: 2))
    #expect(problem(key: []) == .noKey)
    #expect(problem(key: Self.good.pem) == .noKey)
    #expect(problem(key: Self.good.encryptedKeyPEM) == .encryptedKey)
    #expect(problem(key: Self.middle.keyPEM) == .keyOfAnother(certificate: "test.pem"))
    #expect(problem(chain: Self.good.pem + Self.root.pem + Self.middle.pem) == .outOfOrder(number: 2))
    let weak = Self.root.issue("a.test", key: TestCertificate.rsaKey(bits: 1024))
    #expect(problem(chain: weak.pem, key: weak.keyPEM) == .weak)
  }

  @Test func `dates are those of the clock that was given`() {
    let day = TestCertificate.day
    let (late, early) = (
      problem(at: TestCertificate.now + 70 * day), problem(at: TestCertificate.now - 70 * day)
    )
    guard case .expired(let end) = late, case .notYetValid(let start) = early else {
      Issue.record("\(String(describing: late)), \(String(describing: early))")
      return
    }
    #expect(end > start && end.hasSuffix("Z") && end.count == "2026-01-31T12:30:00Z".count)
  }

  @Test func `what expires within a fortnight is told`() throws {
    let source = Self.good.source
    let end = TestCertificate.now + 59 * TestCertificate.day
    let fortnight = 14 * TestCertificate.day
    #expect(try CertificateSet([source], at: end - fortnight).warnings.isEmpty)
    let warnings = try CertificateSet([source], at: end - fortnight + 1).warnings
    #expect(warnings.count == 1 && warnings[0].description.contains("test.pem expires on 20"))
  }

  @Test func `an RSA key, and a certificate without names, are told`() throws {
    let rsa = Self.root.issue("a.test", key: TestCertificate.rsaKey(bits: 2048))
    #expect(try CertificateSet(rsa).warnings.map(\.matter) == [.rsaKey])
    let nameless = TestCertificate("a.test", issuer: Self.root)
    #expect(try CertificateSet(nameless).warnings.map(\.matter) == [.noNames])
  }

  @Test func `a public authority's certificate without its issuer is told`() throws {
    let server = Self.root.issue("a.test")
    let address = X509V3_EXT_conf_nid(nil, nil, NID_info_access, "caIssuers;URI:http://ca.test/middle.cer")
    X509_add_ext(server.certificate, address, -1)
    X509_EXTENSION_free(address)
    X509_sign(server.certificate, Self.root.key, EVP_sha256())
    #expect(try CertificateSet(server).warnings.map(\.matter) == [.missingIssuer("CN=Test Root")])
  }

  @Test func `an RSA certificate serves`() throws {
    let world = try World(Self.root.issue("a.test", key: TestCertificate.rsaKey(bits: 2048)), root: Self.root)
    #expect(world.talked().isOpen)
  }

  @Test func `files are read, also one with both, and one that is not there is named`() throws {
    var template = Array("/tmp/apus-tls-XXXXXX".utf8CString)
    let directory = try #require(mkdtemp(&template).map { String(cString: $0) })
    let path = directory + "/both.pem"
    let file = try #require(fopen(path, "w"))
    let bytes = Self.good.keyPEM + Self.good.chainPEM
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
    defer {
      unlink(path)
      rmdir(directory)
    }
    let set = try CertificateSet([.files(chain: path, key: path)], at: TestCertificate.now)
    #expect(set.warnings.isEmpty)
    let missing = directory + "/missing.pem"
    #expect(throws: CertificateError(file: missing, problem: .unreadable("there is no such file"))) {
      try CertificateSet([.files(chain: path, key: missing)], at: TestCertificate.now)
    }
    #expect(throws: CertificateError.self) { try TrustStore(authorities: [missing]) }
    #expect(throws: CertificateError.self) { try CertificateSet([], at: 0) }
  }

  @Test(arguments: ["localhost", "127.0.0.1", "::1"])
  func `the certificate for localhost is good for whoever takes it as an authority`(name: String) throws {
    let set = CertificateSet.selfSigned(at: TestCertificate.now)
    #expect(set.fingerprint.split(separator: ":").count == 32 && set.warnings.isEmpty)
    var world = try World()
    world.server.certificates = set
    #expect(world.talked(as: SecureIdentity(name: name)).client.session.failure?.reason == .selfSigned)
    world.client.verification = .off
    #expect(world.talked(as: SecureIdentity(name: name)).isOpen)
    #expect(CertificateSet.selfSigned(at: TestCertificate.now).fingerprint != set.fingerprint)
  }

  @Test func `a list that is none is told`() throws {
    #expect(throws: CertificateError(file: "list.pem", problem: .noRevocationList)) {
      try TrustStore(Self.root, revoked: [Self.root.pem])
    }
  }

  @Test func `where no authorities are found, the places and the package are named`() throws {
    let error = try #require(
      throws: CertificateError.self,
      performing: { try SystemAuthorities.find(files: ["/none/bundle.pem"], directories: ["/none"]) })
    #expect(error.problem == .noAuthorities)
    #expect(
      error.description.contains("/none/bundle.pem, /none") && error.description.contains("ca-certificates"))
  }

  @Test(.enabled(if: access("/etc/ssl/certs/ca-certificates.crt", R_OK) == 0))
  func `this machine's authorities are found, and do not know a test's`() throws {
    #expect(
      try SystemAuthorities.find(files: [], directories: ["/none", "/etc/ssl/certs"])
        == .directory("/etc/ssl/certs"))
    var world = try World()
    world.client.verification = .authorities(try TrustStore.system())
    #expect(world.talked().client.session.failure?.reason == .unknownAuthority)
  }
}
