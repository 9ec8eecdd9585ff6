// Library: starts libssl once, and keeps its objects and error queue in order.

internal import CApusTLS

enum Library {
  private static let isStarted = apus_tls_start() == 1

  /// To be called before anything else of the library. It omits the library's exit handler, which would free
  /// objects that other threads still use.
  static func start() { precondition(isStarted, "libssl does not start") }

  /// Empties the calling thread's error queue, so that an old error is not attributed to the next connection.
  static func clearErrors() { ERR_clear_error() }
}

/// A reference to an object that the library counts; it is released when `self` is freed.
@safe final class Owned: @unchecked Sendable {
  // Safety of the unchecked conformance: the library counts atomically, and nobody changes a shared object.
  /// Safety: valid while `self` is; keeping the pointer longer takes a reference of the library's.
  @unsafe let pointer: OpaquePointer
  private let release: @convention(c) (OpaquePointer?) -> Void

  /// Safety: the caller passes on one reference to `pointer`, which `release` ends.
  @unsafe init(_ pointer: OpaquePointer, _ release: @convention(c) (OpaquePointer?) -> Void) {
    unsafe self.pointer = pointer
    unsafe self.release = release
  }

  deinit { unsafe release(pointer) }
}
