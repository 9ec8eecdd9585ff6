// Pages: anonymous memory straight from the kernel (mmap(2)), zero until touched, so that what is unused costs no RSS.

internal import Glibc

package enum Pages {
  private static let bytesEach = 4096

  /// Safety: the caller unmaps as many bytes as it mapped, when no one uses them any more.
  @unsafe package static func map(_ bytes: Int) -> UnsafeMutableRawPointer? {
    let address = unsafe mmap(nil, rounded(bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    return unsafe address == MAP_FAILED ? nil : address
  }

  /// Safety: `address` and `bytes` are those of one `map`.
  @unsafe package static func unmap(_ address: UnsafeMutableRawPointer, _ bytes: Int) {
    unsafe munmap(address, rounded(bytes))
  }

  private static func rounded(_ bytes: Int) -> Int { (bytes + bytesEach - 1) / bytesEach * bytesEach }
}
