// TemporaryTree: files on a real file system for one test, removed with the value.

import Glibc

/// A new directory under /var/tmp (a disk on most machines) or the one that TMPDIR names.
package final class TemporaryTree {
  package let path: String

  package init() {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/var/tmp"
    var template = Array("\(parent)/apus-test-XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!) }
    precondition(made != nil, "no temporary directory under \(parent): errno \(errno)")
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { Self.removeAll(path.utf8CString.dropLast()) }

  /// Names need not be UTF-8.
  private static func removeAll(_ path: some Collection<CChar>) {
    let slash = CChar(bitPattern: UInt8(ascii: "/"))
    if let directory = opendir(path + [0]) {
      while let entry = readdir(directory) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { name in
          name.prefix { $0 != 0 }.map { CChar(bitPattern: $0) }
        }
        guard name != Array(".".utf8CString.dropLast()), name != Array("..".utf8CString.dropLast()) else {
          continue
        }
        if entry.pointee.d_type == UInt8(DT_DIR) {
          removeAll(path + [slash] + name)
        } else {
          unlink(path + [slash] + name + [0])
        }
      }
      closedir(directory)
    }
    rmdir(path + [0])
  }

  /// The absolute path of something in the tree.
  package func absolute(_ name: String) -> String { name.isEmpty ? path : "\(path)/\(name)" }

  package func directory(_ name: String) {
    check(mkdir(absolute(name), 0o755), "mkdir \(name)")
  }

  /// Writes a file in place, made or truncated first.
  package func file(_ name: String, _ contents: some Sequence<UInt8>, mode: UInt32 = 0o644) {
    let descriptor = open(absolute(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    check(descriptor, "open \(name)")
    defer { close(descriptor) }
    let bytes = Array(contents)
    check(Int32(write(descriptor, bytes, bytes.count)) - Int32(bytes.count), "write \(name)")
    check(fsync(descriptor), "fsync \(name)")
  }

  package func file(_ name: String, _ text: String, mode: UInt32 = 0o644) {
    file(name, text.utf8, mode: mode)
  }

  /// The same under a name of any bytes.
  package func file(named name: [UInt8], _ text: String) {
    file("name", text)
    check(Glibc.rename(absolute("name"), cString(name)), "rename to \(name)")
  }

  /// A directory with a name of any bytes.
  package func directory(named name: [UInt8]) { check(mkdir(cString(name), 0o755), "mkdir \(name)") }

  private func cString(_ name: [UInt8]) -> [CChar] {
    Array(absolute("x").utf8CString.dropLast(2)) + name.map { CChar(bitPattern: $0) } + [0]
  }

  package func contents(_ name: String) -> [UInt8] {
    let descriptor = open(absolute(name), O_RDONLY | O_CLOEXEC)
    check(descriptor, "open \(name)")
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = read(descriptor, &bytes, bytes.count)
    check(Int32(count), "read \(name)")
    return Array(bytes[..<count])
  }

  /// Sets the modification time.
  package func touch(_ name: String, seconds: Int, nanoseconds: Int = 0) {
    let time = timespec(tv_sec: seconds, tv_nsec: nanoseconds)
    check(utimensat(AT_FDCWD, absolute(name), [time, time], 0), "touch \(name)")
  }

  package func link(_ name: String, to target: String) {
    check(symlink(target, absolute(name)), "symlink \(name)")
  }

  package func fifo(_ name: String) { check(mkfifo(absolute(name), 0o644), "mkfifo \(name)") }

  package func rename(_ old: String, to new: String) {
    check(Glibc.rename(absolute(old), absolute(new)), "rename \(old)")
  }

  package func remove(_ name: String) { check(Glibc.remove(absolute(name)), "remove \(name)") }

  package func truncate(_ name: String, to size: Int) {
    check(Glibc.truncate(absolute(name), size), "truncate \(name)")
  }

  package func chmod(_ name: String, _ mode: UInt32) {
    check(Glibc.chmod(absolute(name), mode), "chmod \(name)")
  }

  /// Writes behind what is there.
  package func append(_ name: String, _ text: String) {
    let descriptor = open(absolute(name), O_WRONLY | O_APPEND | O_CLOEXEC)
    check(descriptor, "open \(name)")
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    check(Int32(write(descriptor, bytes, bytes.count)) - Int32(bytes.count), "append to \(name)")
  }

  /// Takes the file out of the page cache, where the file system lets go of it.
  package func evict(_ name: String) {
    let descriptor = open(absolute(name), O_RDONLY | O_CLOEXEC)
    check(descriptor, "open \(name)")
    defer { close(descriptor) }
    check(-posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED), "fadvise \(name)")
  }

  private func check(_ result: Int32, _ what: String) {
    precondition(result >= 0, "\(what): errno \(errno)")
  }
}
