// From a path to a file: the cache while it is fresh, else the file system.

import ApusEngine
import ApusRing
import ApusWire

/// The result of looking for a path.
enum FoundFile {
  case file(CachedFile)
  /// A directory whose path lacks its closing slash.
  case directory
  case failed(FileError)
}

/// A file or a directory of the file system that was just opened by its path.
private enum Resolution: ~Copyable {
  case file(OpenedFile, MediaType)
  case directory
}

extension FileHandler {
  /// How often a file that changed while it was read is opened again.
  private static let loadAttempts = 3

  /// The file under `path`, which is relative to the root and normalised, when it is not fresh in memory.
  ///
  /// A file that is not found is looked for again if the root's name leads elsewhere since the last look. So
  /// no request is lost if a link is moved and its old directory is removed at once, or if a page of the new
  /// release names a file that only the new release has.
  func find(_ path: Span<UInt8>, now: Instant, unixSeconds: Int64) -> FoundFile {
    let found = look(path, now: now, unixSeconds: unixSeconds)
    guard case .failed(let error) = found, error != .tooManyOpen, root.value.hasMoved(now: now) else {
      return found
    }
    cache.value.removeAll()
    return look(path, now: now, unixSeconds: unixSeconds)
  }

  private func look(_ path: Span<UInt8>, now: Instant, unixSeconds: Int64) -> FoundFile {
    guard isCaching else {
      _ = refreshRoot(now: now)
      return load(path, replacing: nil, hash: 0, unixSeconds: unixSeconds)
    }
    let hash = cache.value.hash(of: path)
    if let known = cache.value.find(path, hash: hash),
      let file = stillGood(known.file, checkedAt: known.checkedAt, now: now)
    {
      return .file(file)
    }
    // Believed from the look at the root on, not from now: so a file that is fresh is one of a root that is,
    // and whoever finds it in memory has nothing more to compare.
    let lookedAt = refreshRoot(now: now)
    let known = cache.value.find(path, hash: hash)?.file
    let found = load(path, replacing: known, hash: hash, unixSeconds: unixSeconds)
    switch found {
    case .file(let file) where file === known: cache.value.confirm(file, now: lookedAt)
    case .file(let file): cache.value.insert(file, now: lookedAt)
    case .directory, .failed: cache.value.remove(path, hash: hash)
    }
    cache.value.sweep(now: now)
    return found
  }

  /// When the root's name was last looked up; it is looked up here if that was a second ago. If it leads to
  /// another directory or to none, the cached files are dropped.
  private func refreshRoot(now: Instant) -> Instant {
    if let checkedAt = root.value.checked(within: FileCache.trustNanoseconds, of: now) { return checkedAt }
    var found = root.value.lookUp()
    if found == .failed(.tooManyOpen), cache.value.descriptors > 0 {
      cache.value.releaseDescriptors()
      found = root.value.lookUp()
    }
    if found != .unchanged { cache.value.removeAll() }
    root.value.note(found, now: now)
    return now
  }

  /// `file`, if it may answer without a look at its path. An open file is asked whether it was written to,
  /// and a small one moves into memory as soon as it can be read without waiting.
  private func stillGood(_ file: CachedFile, checkedAt: Instant, now: Instant) -> CachedFile? {
    guard now.nanoseconds &- checkedAt.nanoseconds < FileCache.trustNanoseconds else { return nil }
    guard case .source(let source) = file.contents else { return file }
    guard file.metadata.size <= Self.smallFileBytes else { return source.isStillDescribed() ? file : nil }
    switch source.contents() {
    case .notResident: return file
    case .changed: return nil
    case .complete(let bytes):
      let file = CachedFile(file, inMemory: bytes)
      cache.value.insert(file, now: checkedAt)
      return file
    }
  }

  /// Opens what stands under `path`. `known` again, if that is still what it was made from.
  private func load(
    _ path: Span<UInt8>, replacing known: CachedFile?, hash: UInt64, unixSeconds: Int64
  ) -> FoundFile {
    if !servesHiddenFiles, HiddenNames.hide(path) { return .failed(.notFound) }
    do throws(FileError) {
      for _ in 1..<Self.loadAttempts {
        if let found = try loadOnce(path, known, hash, unixSeconds, isLast: false) { return found }
      }
      if let found = try loadOnce(path, known, hash, unixSeconds, isLast: true) { return found }
      preconditionFailure("the last attempt takes a file as it is")
    } catch {
      return .failed(error)
    }
  }

  /// nil if the file changed while it was read. The last attempt leaves such a file to the engine, which
  /// sends as much as it had when it was opened.
  private func loadOnce(
    _ path: Span<UInt8>, _ known: CachedFile?, _ hash: UInt64, _ unixSeconds: Int64,
    isLast: Bool
  ) throws(FileError) -> FoundFile? {
    switch try resolve(path) {
    case .directory: return .directory
    case .file(let opened, let type):
      let metadata = opened.metadata
      if let known, known.isSettled, known.metadata == metadata, known.type == type {
        return .file(known)
      }
      let source = FileSource(opened)
      guard let contents = contents(of: source, isLast: isLast) else { return nil }
      let isSettled = FileFields.isSettled(metadata, unixSeconds: unixSeconds)
      let fields = FileFields(
        metadata, type: type, isSettled: isSettled, unixSeconds: unixSeconds, common: commonFields)
      return .file(
        CachedFile(
          path: path, hash: hash, metadata: metadata, type: type, fields: fields, contents: contents,
          isSettled: isSettled))
    }
  }

  private func contents(of source: FileSource, isLast: Bool) -> CachedFile.Contents? {
    guard source.metadata.size <= Self.smallFileBytes else { return .source(source) }
    switch source.contents() {
    case .complete(let bytes): return .memory(bytes)
    case .notResident: return .source(source)
    case .changed: return isLast ? .source(source) : nil
    }
  }

  /// Asks the file system. A path that ends in a slash, or is empty, names a directory: the first of its
  /// index files that is there stands for it.
  private func resolve(_ path: Span<UInt8>) throws(FileError) -> Resolution {
    guard path.isEmpty || path[path.count - 1] == UInt8(ascii: "/") else {
      let opened = try open(path)
      if case .directory = opened.metadata.kind { return .directory }
      return .file(opened, MediaType.forFile(named: path))
    }
    for name in index {
      scratch.removeAll(keepingCapacity: true)
      for byte in path.indices { scratch.append(path[byte]) }
      scratch.append(contentsOf: name)
      do throws(FileError) {
        let opened = try open(scratch.span)
        if case .regular = opened.metadata.kind {
          return .file(opened, MediaType.forFile(named: name.span))
        }
      } catch {
        guard error == .notFound else { throw error }
      }
    }
    throw .notFound
  }

  /// Opens `path`; when the process has no descriptor left, once more without those that the cache holds.
  private func open(_ path: Span<UInt8>) throws(FileError) -> OpenedFile {
    do throws(FileError) {
      return try root.value.open(path, following: policy)
    } catch {
      guard error == .tooManyOpen, cache.value.descriptors > 0 else { throw error }
      cache.value.releaseDescriptors()
      return try root.value.open(path, following: policy)
    }
  }
}
