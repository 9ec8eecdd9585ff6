// Sanitizer: what the tests, and the programs of their build, were compiled with.

import Glibc

package enum Sanitizer {
  /// AddressSanitizer; its programs look into /proc before they begin, and end where there is none.
  package static let isAddress = unsafe dlsym(nil, "__asan_init") != nil
}
