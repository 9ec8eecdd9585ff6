// Pages: anonymous memory straight from the kernel (mmap(2)), zero until touched, so that
// what is unused costs no RSS.

internal import CApusLinux
internal import Glibc

package enum Pages {
  private static let bytesEach = 4096

  /// Safety: the caller unmaps as many bytes as it mapped, when no one uses them any more.
  ///
  /// - Parameter holdsReferences: Objects are referred to from here. LeakSanitizer, which looks into no
  ///   mapping by itself, is told: it reported what was in use at a process's end.
  @unsafe package static func map(_ bytes: Int, holdsReferences: Bool = false) -> UnsafeMutableRawPointer? {
    let address = unsafe mmap(nil, rounded(bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let address = unsafe address, unsafe address != MAP_FAILED else { return nil }
    if holdsReferences { unsafe apus_register_root(address, rounded(bytes)) }
    return unsafe address
  }

  /// Safety: `address`, `bytes` and `holdsReferences` are those of one `map`.
  @unsafe package static func unmap(
    _ address: UnsafeMutableRawPointer, _ bytes: Int, holdsReferences: Bool = false
  ) {
    if holdsReferences { unsafe apus_unregister_root(address, rounded(bytes)) }
    unsafe munmap(address, rounded(bytes))
  }

  private static func rounded(_ bytes: Int) -> Int { (bytes + bytesEach - 1) / bytesEach * bytesEach }
}
