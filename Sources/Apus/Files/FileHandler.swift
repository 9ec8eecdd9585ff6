// FileHandler: answers requests from the files below one root. One per core, made on that core; it waits for
// a disk only to look a path up, or where the file system cannot say what is in memory; the engine sends what
// is too large for memory piece by piece.

package import ApusEngine
package import ApusRing
import ApusWire

/// A core's view of a `StaticFiles`: the open root and the core's cache.
package final class FileHandler {
  /// Files up to this size are kept in memory.
  static let smallFileBytes = 64 << 10

  let root: Cell<ServedRoot>
  let policy: SymlinkPolicy
  let index: [[UInt8]]
  let servesHiddenFiles: Bool
  /// The configured field lines of answers of 2xx and 3xx, rendered.
  let commonFields: SharedBytes
  /// Those of all other answers. Not rendered: whoever says errors in a way of its own takes
  /// an answer's fields over.
  let errorFields: [ResponseField]
  let isCaching: Bool
  let cache: Cell<FileCache>
  /// Where a directory's path and an index name are put together.
  var scratch: [UInt8] = []
  /// Why the last request had no file, until somebody asks.
  var failure: (any Error)?

  /// Opens the root. Traps on an index that is not the name of a file, and on a field that the server sets.
  /// - Parameter watch: what the handlers of other cores for the same files were given, too.
  package init(_ configuration: StaticFiles, watch: RootWatch? = nil) throws(FileError) {
    root = Cell(
      try ServedRoot(
        path: configuration.root, watch: watch ?? RootWatch(configuration.root, logger: nil)))
    policy =
      switch configuration.symbolicLinks {
      case .never: .never
      case .inside: .inside
      case .any: .any
      }
    index = configuration.index.map { name in
      precondition(
        StaticFiles.isFileName(name), "index \"\(name)\" is not the name of a file in the directory")
      return Array(name.utf8)
    }
    servesHiddenFiles = configuration.servesHiddenFiles
    commonFields = Self.render(configuration.successFields)
    errorFields = configuration.alwaysFields
    isCaching = configuration.cacheBytes > 0
    var limits = FileCache.Limits()
    limits.contentBytes = max(configuration.cacheBytes, 0)
    cache = Cell(FileCache(limits: limits))
    scratch.reserveCapacity(4096)
  }

  /// Answers from the file that the request's whole path names.
  package func respond(to request: borrowing Request) -> Response {
    respond(to: request, path: request.path)
  }

  /// Answers from the file that `path` names below the root: what is left of the request's
  /// path behind a mount point.
  ///
  /// Cost of a small file that was asked for within the last second: no system call, no allocation, no copy.
  /// - Parameter repeatably: Nobody else needs to see the next request for the same
  ///   path: no hook stands around.
  package func respond(
    to request: borrowing Request, path: Span<UInt8>, repeatably: Bool = false
  ) -> Response {
    switch request.head.method {
    case .get, .head: break
    case .options: return answer(.noContent, fields: [Self.allow])
    case .other: return refuse(.notImplemented)
    default: return refuse(.methodNotAllowed, fields: [Self.allow])
    }
    if request.head.pathNeedsNormalising, TargetPath.hasEscapes(path) {
      return respond(to: request, escaped: path, repeatably: repeatably)
    }
    return respond(to: request, named: Self.withoutLeadingSlashes(path), repeatably: repeatably)
  }

  /// The same for a part of the path in which something stays escaped. No file's name holds a slash, so an
  /// escaped one leads nowhere, whatever stands around it.
  @inline(never)
  private func respond(
    to request: borrowing Request, escaped path: Span<UInt8>, repeatably: Bool
  ) -> Response {
    guard !TargetPath.hasEscapedSlash(path) else {
      return refuse(.badRequest, because: "the path holds an escaped slash, and no file's name does")
    }
    let name = [UInt8](capacity: path.count) { TargetPath.undo(path, into: &$0) }
    return respond(to: request, named: Self.withoutLeadingSlashes(name.span), repeatably: repeatably)
  }

  /// - Parameter relative: The file's path below the root, as the file system has it.
  private func respond(
    to request: borrowing Request, named relative: Span<UInt8>, repeatably: Bool
  ) -> Response {
    // A mount point without its slash is told to come back with it, as every directory is.
    if relative.isEmpty, !Self.endsInSlash(request.path) { return redirectToSlash(request) }
    if isCaching, request.head.known.isDisjoint(with: .conditional),
      let response = cache.value.freshAnswer(relative, now: request.now)
    {
      return repeatably ? response : response.repeatable(until: Instant(nanoseconds: 0))
    }
    switch find(relative, now: request.now, unixSeconds: request.unixSeconds) {
    case .file(let file): return answer(file, to: request)
    case .directory: return redirectToSlash(request)
    case .failed(let error): return refuse(because: error)
    }
  }

  private static func render(_ fields: [ResponseField]) -> SharedBytes {
    SharedBytes(capacity: fields.reduce(0) { $0 + $1.byteCount }) { output in
      for field in fields {
        precondition(!StaticFiles.setsItself(field.name), "\(field.name) is set by the server itself")
        precondition(!field.isRefused, "a field that is refused is a fault of its router")
        output.append(copying: field.name.utf8.span)
        output.append(ascii: ": ")
        output.append(copying: field.value.utf8.span)
        output.append(ascii: "\r\n")
      }
    }
  }

  static let allow = ResponseField("Allow", "GET, HEAD, OPTIONS")

  private static func endsInSlash(_ path: Span<UInt8>) -> Bool {
    path.count > 0 && path[path.count - 1] == UInt8(ascii: "/")
  }

  @_lifetime(copy path)
  static func withoutLeadingSlashes(_ path: Span<UInt8>) -> Span<UInt8> {
    var start = 0
    while start < path.count, path[start] == UInt8(ascii: "/") { start += 1 }
    return path.extracting(start..<path.count)
  }
}

extension StaticFiles {
  /// The fields of responses of 2xx and 3xx. A field that is named for these replaces the one of this name
  /// that is named for all responses.
  fileprivate var successFields: [ResponseField] {
    let names = Set(fields.map { $0.name.lowercased() })
    return fields + alwaysFields.filter { !names.contains($0.name.lowercased()) }
  }

  /// Whether `name` is of a field that an answer's framing, its file or its outcome decides.
  package static func setsItself(_ name: String) -> Bool { ownFields.contains(name.lowercased()) }

  private static let ownFields: Set<String> = [
    "accept-ranges", "allow", "connection", "content-length", "content-range", "content-type", "date", "etag",
    "keep-alive", "last-modified", "location", "trailer", "transfer-encoding", "upgrade",
  ]

  /// Whether `name` can stand in a directory: not empty, no slash, no NUL, neither `.` nor `..`.
  package static func isFileName(_ name: String) -> Bool {
    !name.isEmpty && name != "." && name != ".." && !name.utf8.contains(UInt8(ascii: "/"))
      && !name.utf8.contains(0)
  }
}
