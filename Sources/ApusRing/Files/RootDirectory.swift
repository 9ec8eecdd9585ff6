// RootDirectory: the only way from a request's path to a descriptor. The kernel keeps the path inside the
// root, so no string comparison of ours has to be right. One core owns each value.

internal import CApusLinux
internal import Glibc

/// A file or directory that was just opened, with what fstat(2) said of it.
package struct OpenedFile: ~Copyable {
  package let file: OpenFile
  package let metadata: FileMetadata

  /// Takes the descriptor out.
  package consuming func takeFile() -> OpenFile { file }
}

/// The directory that files are served from: whichever stands under its name when the name is looked up.
/// In between it is held open (O_PATH), so that all that is opened comes from one directory, and its
/// number is given to no other.
///
/// The name is looked up outside of what is served: a sandbox (Landlock) has to allow the directory that the
/// name stands in, and those that it may come to lead to, not only the one that it leads to at the start.
///
/// Cost: one descriptor, one more for a relative path, and a block of 4 KiB that paths are copied to; to open
/// a file allocates nothing.
@safe package struct RootDirectory: ~Copyable {
  /// The longest path that Linux takes, its closing NUL included (PATH_MAX, limits.h).
  private static let pathByteLimit = 4096
  /// openat2 answers -EAGAIN when a rename ran beside a `..` inside a link; so often it is tried again.
  private static let attemptLimit = 8

  /// The result of looking the name up.
  package enum LookUp: Equatable, Sendable {
    case unchanged
    /// It leads to another directory, which is open now.
    case replaced
    /// It leads to no directory that can be opened: nothing can be opened below it, for this reason.
    case failed(FileError)
  }

  private let path: String
  /// Where a relative path begins: the working directory of when this value was made, wherever it is moved
  /// and whatever the process's is by then. nil for an absolute path.
  private let origin: OpenFile?
  private var directory: OpenFile?
  /// The identity of `directory`.
  private var identity: FileMetadata
  /// Why there is no `directory`.
  private var fault = FileError.notFound
  /// Safety: `pathByteLimit` bytes of this value alone, freed in deinit; used only during a call.
  private let scratch: UnsafeMutablePointer<CChar>

  /// Opens `path`, absolute or relative to the working directory.
  package init(path: String) throws(FileError) {
    precondition(!path.utf8.contains(0), "a root with a NUL in its path")
    let origin = path.hasPrefix("/") ? nil : try Self.opened(".", in: AT_FDCWD)
    let opened = try Self.opened(path, in: Self.start(origin))
    try Self.probe(opened)
    identity = try FileMetadata(of: opened)
    self.path = path
    self.origin = origin
    directory = .some(opened)
    unsafe scratch = .allocate(capacity: Self.pathByteLimit)
  }

  /// Looks the name up again, and opens the directory that it leads to if that is another. Files that are
  /// open stay so. Cost: one system call, 1 us, if nothing has changed.
  package mutating func lookUp() -> LookUp {
    do throws(FileError) {
      return try follow() ? .replaced : .unchanged
    } catch {
      directory = nil
      fault = error
      return .failed(error)
    }
  }

  /// The same for a name that may have moved since: true if it leads to another directory, which is open now.
  /// A name that leads nowhere changes nothing.
  package mutating func lookUpAnother() -> Bool {
    do throws(FileError) { return try follow() } catch { return false }
  }

  /// Opens the directory that the name leads to, if that is another.
  private mutating func follow() throws(FileError) -> Bool {
    let from = Self.start(origin)
    let present = try FileMetadata(of: path, in: from)
    if directory != nil, present.isSameFile(as: identity) { return false }
    let opened = try Self.opened(path, in: from)
    identity = try FileMetadata(of: opened)
    directory = .some(opened)
    return true
  }

  /// Where the kernel is to begin; it does not look at this for an absolute path.
  private static func start(_ origin: borrowing OpenFile?) -> Int32 {
    switch origin {
    case .some(let origin): origin.descriptor
    case .none: AT_FDCWD
    }
  }

  private static func opened(_ path: String, in directory: Int32) throws(FileError) -> OpenFile {
    // Safety: the string's bytes, closed by a NUL, live during the call.
    let result = unsafe apus_open_directory(directory, path)
    guard result >= 0 else { throw FileError(errno: -result) }
    return OpenFile(descriptor: result)
  }

  /// A seccomp profile from before openat2 would otherwise show only as an error for every file.
  private static func probe(_ directory: borrowing OpenFile) throws(FileError) {
    // Safety: a literal.
    let result = unsafe apus_open_beneath(directory.descriptor, ".", APUS_RESOLVE_BENEATH)
    if result >= 0 { _ = OpenFile(descriptor: result) }
    guard result != -ENOSYS, result != -EPERM else { throw .other(errno: -result) }
  }

  // Safety: `scratch` is this value's alone; the kernel reads it only inside a call of `open`.
  deinit { unsafe scratch.deallocate() }

  /// Opens `path` for reading. It never waits for a FIFO's other end.
  ///
  /// `path` is relative, already percent-decoded, free of NUL; empty means the root itself. What comes back
  /// is a regular file or a directory. Errors: see `FileError`. Cost: two system calls, 2 us when the names
  /// are in the kernel's cache.
  package func open(_ path: Span<UInt8>, following policy: SymlinkPolicy) throws(FileError) -> OpenedFile {
    guard path.count < Self.pathByteLimit else { throw .notFound }
    copyToScratch(path)
    if case .any = policy, Self.climbs(path) { throw .escapes }
    let resolve =
      switch policy {
      case .never: APUS_RESOLVE_BENEATH | APUS_RESOLVE_NO_MAGICLINKS | APUS_RESOLVE_NO_SYMLINKS
      case .inside: APUS_RESOLVE_BENEATH | APUS_RESOLVE_NO_MAGICLINKS
      case .any: APUS_RESOLVE_NO_MAGICLINKS
      }
    let file = OpenFile(descriptor: try descriptor(resolve))
    let metadata = try FileMetadata(of: file)
    if case .other = metadata.kind { throw .notRegular }
    return OpenedFile(file: file, metadata: metadata)
  }

  private func descriptor(_ resolve: UInt64) throws(FileError) -> Int32 {
    switch directory {
    case .none: throw fault
    case .some(let directory):
      var result: Int32 = 0
      for _ in 0..<Self.attemptLimit {
        // Safety: `scratch` holds a path closed by a NUL; the kernel copies it during the call.
        result = unsafe apus_open_beneath(directory.descriptor, scratch, resolve)
        guard result == -EAGAIN || result == -EINTR else { break }
      }
      guard result >= 0 else { throw FileError(errno: -result) }
      return result
    }
  }

  /// Writes the path and its closing NUL where the kernel will read it; `.` for the root itself.
  private func copyToScratch(_ path: Span<UInt8>) {
    // Safety: `path.count` is below the capacity, and each index is below `path.count`.
    for index in path.indices {
      let byte = path[index]
      precondition(byte != 0, "a path with a NUL reached the file system")
      unsafe scratch[index] = CChar(bitPattern: byte)
    }
    var count = path.count
    if count == 0 {
      unsafe scratch[0] = CChar(bitPattern: UInt8(ascii: "."))
      count = 1
    }
    unsafe scratch[count] = 0
  }

  /// Whether the path is absolute or has a `..` segment. With RESOLVE_BENEATH the kernel answers this itself.
  private static func climbs(_ path: Span<UInt8>) -> Bool {
    let slash = UInt8(ascii: "/")
    let dot = UInt8(ascii: ".")
    guard path.count > 0, path[0] != slash else { return path.count > 0 }
    var start = 0
    for index in 0...path.count where index == path.count || path[index] == slash {
      if index - start == 2, path[start] == dot, path[start + 1] == dot { return true }
      start = index + 1
    }
    return false
  }
}
