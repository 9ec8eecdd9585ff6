// SymlinkPolicy: which symbolic links a path under a root may go through.

/// Which symbolic links are followed when a path is looked up under a root directory.
package enum SymlinkPolicy: Sendable {
  /// None: a path through a link is refused (RESOLVE_NO_SYMLINKS, openat2(2)).
  case never
  /// Links that stay inside the root; a link with an absolute target counts as leaving it (RESOLVE_BENEATH).
  case inside
  /// All but the magic links of /proc. The root contains only what its links do not lead out of.
  case any
}
