// Library: libssl, started once, and what it counts.

internal import CApusTLS

enum Library {
  private static let isStarted = apus_tls_start() == 1

  /// Before anything else of the library is called. Without its handler at the process's end, which would
  /// free what other threads still use.
  static func start() { precondition(isStarted, "libssl does not start") }

  /// Empties the calling thread's error queue. What is left there would be taken for the next connection's.
  static func clearErrors() { ERR_clear_error() }
}

/// An object of the library's that counts its holders: one of them, which lets it go in the end.
@safe final class Owned: @unchecked Sendable {
  // Safety of the unchecked conformance: the library counts atomically, and nobody changes an object that
  // others have.
  /// Safety: valid while `self` is; who keeps the pointer longer takes a reference of the library's.
  @unsafe let pointer: OpaquePointer
  private let release: @convention(c) (OpaquePointer?) -> Void

  /// Safety: the caller gives away one reference to `pointer`, which `release` ends.
  @unsafe init(_ pointer: OpaquePointer, _ release: @convention(c) (OpaquePointer?) -> Void) {
    unsafe self.pointer = pointer
    unsafe self.release = release
  }

  deinit { unsafe release(pointer) }
}
