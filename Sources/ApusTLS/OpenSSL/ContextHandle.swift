// ContextHandle: an SSL_CTX with the settings that servers and clients share. Each core has its own, so that
// cores do not contend for its reference count.

internal import ApusEngine
internal import CApusTLS

@safe final class ContextHandle {
  /// Safety: valid while `self` is.
  @unsafe let pointer: OpaquePointer

  init(_ versions: ClosedRange<SecureVersion> = .tls12 ... .tls13) {
    Library.start()
    // Safety: freed with the handle.
    let made = unsafe apus_tls_make_context(versions.lowerBound.number, versions.upperBound.number)
    guard let made = unsafe made else { preconditionFailure("libssl lacks \(versions) or its suites") }
    unsafe pointer = made
  }

  deinit { unsafe SSL_CTX_free(pointer) }

  /// Uses a certificate, the issuers behind it and its key. Returns false if the library rejects it as too
  /// weak.
  func use(_ chain: [Owned], key: Owned) -> Bool {
    // Safety: the library takes references of its own.
    let isUsed =
      unsafe apus_tls_use_certificate(pointer, chain[0].pointer, key.pointer) == 1
      && chain.dropFirst().allSatisfy { unsafe apus_tls_add_authority(pointer, $0.pointer) == 1 }
    Library.clearErrors()
    return isUsed
  }

  /// Makes a session of this context, which the caller frees with `apus_tls_free`.
  @unsafe func makeSession() -> OpaquePointer {
    // Safety: the session holds the context by a reference of the library's.
    guard let session = unsafe SSL_new(pointer) else { preconditionFailure("no memory for a session") }
    return unsafe session
  }
}

extension SecureVersion {
  /// The library's number for the version.
  var number: Int32 {
    switch self {
    case .tls12: TLS1_2_VERSION
    case .tls13: TLS1_3_VERSION
    }
  }

  init?(number: Int32) {
    guard let version = Self.allCases.first(where: { $0.number == number }) else { return nil }
    self = version
  }
}
