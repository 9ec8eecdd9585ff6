// Pages: anonymous memory straight from the kernel (mmap(2)), zero until touched, so that what is unused costs no RSS.

internal import Glibc

let pageBytes = 4096

func roundedToPages(_ bytes: Int) -> Int { (bytes + pageBytes - 1) / pageBytes * pageBytes }

/// Safety: the caller unmaps the same number of bytes when no one uses them any more.
@unsafe func mapPages(_ bytes: Int) -> UnsafeMutableRawPointer? {
  let address = unsafe mmap(
    nil, roundedToPages(bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
  return unsafe address == MAP_FAILED ? nil : address
}
