// FileSource: an open regular file that answers are sent from, piece by piece, without making its
// core wait for a disk. The file cache or one answer owns it; the engine asks it for each piece just
// before it sends that piece.

internal import CApusLinux
internal import Glibc

/// The way in which the next piece of a file reaches the socket.
package enum FilePiece {
  /// In memory: send this region. Keep the `FileSource` until the completion. -EFAULT from the send means
  /// that the file has shrunk: close the connection.
  case resident(ReadableRegion)
  /// Not in memory: enqueue a read of `file` into a block of the engine's own, then send that. A short read
  /// means that the file has shrunk: close.
  case read
  /// The file system cannot tell what is in memory, and the ring would hand its reads to a thread: call
  /// `readNow` on a block of the engine's own, then send that.
  case readNow
  /// The file has become shorter than what the head promised: close, never pad.
  case tooShort
}

/// The result of `FileSource.contents()`.
package enum FileContents {
  case complete(SharedBytes)
  /// Part of the file is on the disk only, and nothing was waited for. Sending the file by pieces fetches it.
  case notResident
  /// The file is no longer the one whose metadata this source has.
  case changed
}

/// An open regular file, the metadata that its answers promise, and its mapping once one was useful.
///
/// Used by one core. Cost: one descriptor, and the address space of one mapping.
package final class FileSource {
  /// Most bytes of one piece; bounds what one connection puts into one send.
  package static let pieceByteLimit = 256 << 10
  /// Most bytes that are sent uncopied at once: 100 us of the core's time where all of it finds room.
  package static let uncopiedByteLimit = 1 << 20

  /// For `RingDriver.enqueueRead`.
  package let file: OpenFile
  /// As it was when the file was opened.
  package let metadata: FileMetadata
  /// The ring serves a read of this file at once where it is in memory, and waits without
  /// a thread where it is not.
  package private(set) lazy var readsWithoutWaiting = Self.supportsNoWait(file)
  private lazy var residency = Residency(of: file, owner: metadata.owner)
  private var mapping: FileMapping?
  private var refusesMapping = false

  /// Takes the descriptor over; what the file system can do is asked at the first piece.
  package init(_ opened: consuming OpenedFile) {
    metadata = opened.metadata
    file = opened.takeFile()
    precondition(metadata.kind == .regular, "a source of a \(metadata.kind) file")
  }

  /// Whether size and modification time are still those of `metadata`, so that a new answer may be made of
  /// it: one fstat(2), 0.3 us.
  package func isStillDescribed() -> Bool {
    // A file that cannot be asked any more (a stale network handle) is not to be trusted either.
    guard let present = try? FileMetadata(of: file) else { return false }
    return present.isSameVersion(as: metadata)
  }

  /// Whether an answer that promised what stands before `promisedEnd` can go on: the file is no
  /// shorter. Whatever else has happened to it (lines were appended, other bytes written over it, its
  /// times, mode or name changed) does not end an answer, nor does a file that was shorter between two
  /// looks. One fstat(2), 0.3 us.
  package func reaches(_ promisedEnd: Int) -> Bool {
    guard let present = try? FileMetadata(of: file) else { return false }
    return present.size >= promisedEnd
  }

  /// How to send `count` bytes from `offset`, at most `pieceByteLimit` of them, or the first of them
  /// (`resident`), of an answer that ends at `promisedEnd`. Ask right before the send. `mayLend`: the kernel
  /// alone reads what is sent, so a mapping may be named to it; where the process reads it, it may not.
  /// Cost: two or three system calls, below 1 us together for a piece that was sent before.
  package func piece(offset: Int, count: Int, promisedEnd: Int, mayLend: Bool = true) -> FilePiece {
    precondition(
      offset >= 0 && count > 0 && count <= Self.pieceByteLimit && offset + count <= promisedEnd
        && promisedEnd <= metadata.size,
      "piece \(offset)+\(count) of \(promisedEnd) promised, \(metadata.size) there were")
    guard reaches(promisedEnd) else { return .tooShort }
    let mappable = mayLend ? min(offset + count, Self.lastPage(promisedEnd)) - offset : 0
    if mappable > 0, let region = residentRegion(offset: offset, count: mappable) { return .resident(region) }
    return readsWithoutWaiting ? .read : .readNow
  }

  /// Where the last page of what was promised begins. A send may wait for room, and of a file that ends in
  /// the middle of a page by then the kernel takes zeros to that page's end: an answer that ended there would
  /// be padded. A read says that it came short.
  private static func lastPage(_ promisedEnd: Int) -> Int {
    let pageSize = Int(getpagesize())
    return (promisedEnd - 1) / pageSize * pageSize
  }

  /// Fills `region` with what stands at `offset`, waiting for the disk if need be. `false`: the file has
  /// become shorter, or the disk failed; close the connection.
  package func readNow(offset: Int, into region: WritableRegion) -> Bool {
    var count = 0
    while count < region.count {
      // Safety: inside the region, whose owner does not use it while we do.
      let result = unsafe apus_read(
        file.descriptor, region.base + count, UInt(region.count - count), UInt64(offset + count))
      if result == -Int(EINTR) { continue }
      guard result > 0 else { return false }
      count += result
    }
    return true
  }

  private func residentRegion(offset: Int, count: Int) -> ReadableRegion? {
    isResident(offset: offset, count: count) ? mapped()?.region(from: offset, count: count) : nil
  }

  /// Whether `count` bytes from `offset`, at most `uncopiedByteLimit`, can be sent without waiting for a
  /// disk; `false` also where nobody can tell. Cost: one system call, about 1 us for a MiB.
  package func isResident(offset: Int, count: Int) -> Bool {
    switch residency {
    case .unknown: false
    case .cachestat: Residency.hasCached(file, offset: offset, count: count)
    case .mincore: mapped()?.hasPages(from: offset, count: count) ?? false
    }
  }

  /// Whether `isResident` can ever say so: a process that may not write the file, and does not own it, is not
  /// told, and would ask for a descriptor for nothing.
  package var tellsResidency: Bool {
    switch residency {
    case .unknown: false
    case .cachestat, .mincore: true
    }
  }

  private func mapped() -> FileMapping? {
    if mapping == nil, !refusesMapping {
      mapping = FileMapping(file, count: metadata.size)
      refusesMapping = mapping == nil
    }
    return mapping
  }
}
