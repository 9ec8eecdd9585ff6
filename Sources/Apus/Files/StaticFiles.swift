// StaticFiles: what a program says about a directory that it serves. Each core makes a `FileHandler` from it.

public import ApusWire

/// A directory whose files are served, and how.
///
/// ```swift
/// var files = StaticFiles(root: "/srv/www")
/// files.index = ["index.html", "index.htm"]
/// ```
///
/// GET and HEAD are answered, with validators, conditional requests (RFC 9110 section 13) and single ranges
/// (section 14). The kernel keeps every path inside `root` (openat2(2)), and only regular files are served.
public struct StaticFiles: Sendable {
  /// Which symbolic links are followed.
  public enum SymbolicLinks: Sendable {
    /// None.
    case never
    /// Those that stay inside the root. A link with an absolute target counts as leaving it.
    case inside
    /// All but the magic links of /proc: whoever can make a link below the root decides what is served.
    case any
  }

  /// The directory, absolute or relative to the working directory at the server's start.
  ///
  /// It is served by its name, which is looked up again on request, at most once a second: a name that comes
  /// to lead to another directory, by a rename or as a link (`ln -sfn v2 current`), is that directory a
  /// second later on every core, and answers under way finish with the files that they began with. A file
  /// that is not found is looked for behind the name as it is then, so that a release may remove the one
  /// before it at once. While it leads nowhere, what is below it is answered 404 (403 if this user may not
  /// enter it, 503 if no descriptor is left), with one line of an error in the server's log, and it is
  /// looked for at each request.
  public var root: String
  /// File names that answer for a directory, in order of preference. Empty: directories answer 404.
  public var index: [String] = ["index.html"]
  /// Serves names that begin with a dot, too. `.well-known` at the top is served in any case (RFC 8615).
  public var servesHiddenFiles = false
  /// Which symbolic links are followed.
  public var symbolicLinks = SymbolicLinks.inside
  /// Field lines of answers of 2xx and 3xx, 304 and redirects included. Errors do not carry them: with
  /// `Cache-Control: max-age=31536000` a 404 would be remembered for a year.
  public var fields: [ResponseField] = []
  /// Field lines that every answer carries, whatever its status: 404, 405, 412, 416 and 500, too. What
  /// `fields` says of a name holds in its place where it stands. An error hook that replaces an answer
  /// finds them in its fields.
  public var alwaysFields: [ResponseField] = []
  /// Bytes of file contents that each core keeps in memory; files of at most 64 KiB are kept. 0 turns the
  /// cache off, descriptors and metadata included. With it, an answer is at most one second behind the file
  /// system; without it, only the name of `root` is believed for that long.
  public var cacheBytes = 64 << 20

  /// Files below `root`, with the defaults above.
  public init(root: String) { self.root = root }
}
