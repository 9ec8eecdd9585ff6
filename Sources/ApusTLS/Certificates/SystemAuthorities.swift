// SystemAuthorities: where this machine, or the process's image, keeps the certificates of public
// authorities.

internal import CApusTLS
internal import Glibc

package enum SystemAuthorities {
  package enum Place: Equatable, Sendable {
    case file(String)
    /// Certificates named by the hash of their subject (openssl-rehash(1)), looked up when needed.
    case directory(String)
  }

  /// Debian, Ubuntu, Arch and Alpine; Fedora and RHEL; openSUSE; also Alpine and most BSDs.
  private static let files = [
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem",
  ]
  private static let directories = ["/etc/ssl/certs", "/etc/pki/tls/certs"]

  static func find() throws(CertificateError) -> Place {
    // Safety: the library's own constants, and the environment, which nothing changes once threads run.
    let file = unsafe variable(X509_get_default_cert_file_env())
    let directory = unsafe variable(X509_get_default_cert_dir_env())
    let ownFile = unsafe String(cString: X509_get_default_cert_file())
    let ownDirectory = unsafe String(cString: X509_get_default_cert_dir())
    // A place named by a variable is used exclusively, and a fault in it is reported.
    if let file { return .file(file) }
    if let directory { return .directory(directory) }
    return try find(files: [ownFile] + files, directories: [ownDirectory] + directories)
  }

  package static func find(files: [String], directories: [String]) throws(CertificateError) -> Place {
    if let file = files.first(where: isReadable) { return .file(file) }
    if let directory = directories.first(where: hasHashes) { return .directory(directory) }
    let places = (files + directories).joined(separator: ", ")
    throw CertificateError(file: places, problem: .noAuthorities)
  }

  private static func variable(_ name: UnsafePointer<CChar>?) -> String? {
    // Safety: both are NUL-terminated strings.
    guard let name = unsafe name, let value = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
  }

  private static func isReadable(_ path: String) -> Bool {
    // Safety: Swift passes the path as a NUL-terminated string for the call.
    unsafe access(path, R_OK) == 0
  }

  private static func hasHashes(_ path: String) -> Bool {
    // Safety: the directory is closed only after the last use of its entries.
    guard let directory = unsafe opendir(path) else { return false }
    defer { unsafe closedir(directory) }
    while let entry = unsafe readdir(directory) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name.hasSuffix(".0") { return true }
    }
    return false
  }
}
