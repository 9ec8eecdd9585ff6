// CertificateSet: a server's certificates with their keys, read and checked. It is immutable: re-reading the
// files makes another set, which the caller uses in place of this one.

internal import ApusRing
internal import CApusTLS

/// Certificates with their keys. The first is for clients that ask for no name, or for an unknown one.
///
/// Reading waits for the disk, so it must not happen on a core.
public final class CertificateSet: Sendable {
  /// The source of one certificate and its key.
  public struct Source: Sendable {
    enum Place: Sendable {
      case file(String)
      case bytes([UInt8], name: String)
    }

    let chain: Place
    let key: Place

    /// Two PEM files, which may be one: the certificate followed by its issuers, and its private key.
    public static func files(chain: String, key: String) -> Source {
      Source(chain: .file(chain), key: .file(key))
    }

    /// The contents of such files in memory. Errors call it `name`.
    public static func bytes(chain: [UInt8], key: [UInt8], name: String) -> Source {
      Source(chain: .bytes(chain, name: name), key: .bytes(key, name: name))
    }
  }

  /// A certificate, its issuers and its key.
  struct Entry: Sendable {
    let file: String
    /// The server's own certificate comes first.
    let chain: [Certificate]
    let key: Owned
    /// Hosts in lower case; a leading `*.` matches one label.
    let hosts: [String]

    init(file: String, chain: [Certificate], key: Owned) {
      self.file = file
      self.chain = chain
      self.key = key
      hosts = chain[0].names.filter { $0.kind == .host }.map { $0.text.lowercased() }
    }
  }

  let entries: [Entry]
  /// Warnings about the certificates, for their administrator.
  public let warnings: [CertificateWarning]

  init(entries: [Entry], at unixSeconds: Int64) {
    self.entries = entries
    warnings = CertificateCheck.warnings(of: entries, at: unixSeconds)
  }

  /// Reads and checks them: each key fits, each chain is in order, and all dates hold at `unixSeconds`, which
  /// is now if it is nil.
  public convenience init(_ sources: [Source], at unixSeconds: Int64? = nil) throws(CertificateError) {
    let unixSeconds = unixSeconds ?? UnixTime.seconds()
    guard !sources.isEmpty else { throw CertificateError(file: "", problem: .none) }
    var entries: [Entry] = []
    for source in sources {
      let entry = try Self.read(source)
      try CertificateCheck.check(entry, at: unixSeconds)
      entries.append(entry)
    }
    self.init(entries: entries, at: unixSeconds)
  }

  /// The SHA-256 fingerprint of the first certificate, as in `3A:0F:...`.
  public var fingerprint: String {
    entries[0].chain[0].fingerprint.map {
      let digits = String($0, radix: 16, uppercase: true)
      return digits.count == 1 ? "0" + digits : digits
    }.joined(separator: ":")
  }

  /// The earliest expiry of all the certificates; seconds since 1970.
  public var earliestExpiry: Int64 { entries.flatMap(\.chain).map(\.notAfter).min() ?? 0 }

  private static func read(_ source: Source) throws(CertificateError) -> Entry {
    let (chainName, chainBytes) = try read(source.chain)
    let (keyName, keyBytes) = try read(source.key)
    let chain = try certificates(chainBytes, of: chainName)
    let key: Owned
    do throws(PEMFault) {
      key = try PEM.key(keyBytes)
    } catch {
      throw CertificateError(file: keyName, problem: error == .encryptedKey ? .encryptedKey : .noKey)
    }
    // Safety: both are held here.
    let fits = unsafe X509_check_private_key(chain[0].owned.pointer, key.pointer) == 1
    Library.clearErrors()
    guard fits else { throw CertificateError(file: keyName, problem: .keyOfAnother(certificate: chainName)) }
    return Entry(file: chainName, chain: chain, key: key)
  }

  private static func certificates(_ bytes: [UInt8], of name: String) throws(CertificateError)
    -> [Certificate]
  {
    let certificates: [Certificate]
    do throws(PEMFault) {
      certificates = try PEM.certificates(bytes)
    } catch {
      throw CertificateError(file: name, fault: error)
    }
    guard !certificates.isEmpty else { throw CertificateError(file: name, problem: .noCertificate) }
    return certificates
  }

  private static func read(_ place: Source.Place) throws(CertificateError) -> (name: String, bytes: [UInt8]) {
    switch place {
    case .bytes(let bytes, let name): (name, bytes)
    case .file(let path): (path, try CertificateFile.read(path))
    }
  }
}

/// A file that holds certificates, revocation lists or a key.
enum CertificateFile {
  private static let byteLimit = 16 << 20

  static func read(_ path: String) throws(CertificateError) -> [UInt8] {
    let reason: String
    do throws(FileError) {
      if let bytes = try WholeFile.read(path, upTo: byteLimit) { return bytes }
      reason = "it has more than \(byteLimit) bytes"
    } catch {
      reason = error.text
    }
    throw CertificateError(file: path, problem: .unreadable(reason))
  }
}

extension CertificateError {
  init(file: String, fault: PEMFault) {
    self.file = file
    problem =
      switch fault {
      case .malformed(let number): .malformed(number: number)
      case .encryptedKey: .encryptedKey
      case .noKey: .noKey
      }
  }
}
