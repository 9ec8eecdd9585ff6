// OpenFile: a descriptor that closes itself.

internal import Glibc

/// An open descriptor; closed when the value goes away.
package struct OpenFile: ~Copyable {
  package let descriptor: Int32

  package init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { _ = Glibc.close(descriptor) }
}
