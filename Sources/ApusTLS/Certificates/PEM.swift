// PEM: certificates, keys and revocation lists as text (RFC 7468).

internal import CApusTLS

/// The part of a PEM text that cannot be read.
enum PEMFault: Error, Equatable {
  /// The number, from 1, of the certificate or list.
  case malformed(Int)
  case encryptedKey
  case noKey
}

enum PEM {
  /// Reads all certificates; other blocks are skipped.
  static func certificates(_ bytes: [UInt8]) throws(PEMFault) -> [Certificate] {
    // Safety: the object type matches its release function.
    try unsafe objects(bytes, apus_tls_next_certificate, X509_free).map(Certificate.init)
  }

  static func revocations(_ bytes: [UInt8]) throws(PEMFault) -> [Owned] {
    // Safety: the object type matches its release function.
    try unsafe objects(bytes, apus_tls_next_crl, X509_CRL_free)
  }

  /// Reads the first key.
  static func key(_ bytes: [UInt8]) throws(PEMFault) -> Owned {
    var isEncrypted: Int32 = 0
    // Safety: the bytes outlive their reader, which is freed here.
    let key = unsafe reading(bytes) { unsafe apus_tls_read_key($0, &isEncrypted) }
    if let key = unsafe key { return unsafe Owned(key, EVP_PKEY_free) }
    throw isEncrypted != 0 ? .encryptedKey : .noKey
  }

  private static func objects(
    _ bytes: [UInt8], _ next: (OpaquePointer?, UnsafeMutablePointer<Int32>?) -> OpaquePointer?,
    _ release: @convention(c) (OpaquePointer?) -> Void
  ) throws(PEMFault) -> [Owned] {
    var isMalformed: Int32 = 0
    var objects: [Owned] = []
    // Safety: as in `key`; each object comes with a reference of our own.
    unsafe reading(bytes) { reader in
      while let object = unsafe next(reader, &isMalformed) { objects.append(unsafe Owned(object, release)) }
    }
    guard isMalformed == 0 else { throw .malformed(objects.count + 1) }
    return objects
  }

  private static func reading<Result>(_ bytes: [UInt8], _ body: (OpaquePointer) -> Result) -> Result {
    Library.start()
    return unsafe bytes.withUnsafeBufferPointer { bytes in
      guard let reader = unsafe apus_tls_open_bytes(bytes.baseAddress, bytes.count) else {
        preconditionFailure("no memory to read \(bytes.count) bytes of PEM")
      }
      defer { unsafe BIO_free(reader) }
      return unsafe body(reader)
    }
  }
}
