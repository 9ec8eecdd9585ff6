// CoreMemory: what a core's thread keeps from one answer for the next: a block of some KB, and some bytes for notes. A thread
// that is no core's keeps nothing, so nothing is lost with it.

internal import CApusLinux

/// A block for one answer at a time. An answer that is written lives until its bytes are copied behind its head, so one is
/// enough; malloc took its slow path for each of them, twice.
@safe package enum SpareBlock {
  /// Bytes of each. Any block of `UnsafeMutablePointer.allocate` that has this size may be given back here.
  package static let byteCount = 4096

  /// At least `capacity` bytes, uninitialised, and how many they are.
  @unsafe package static func acquire(_ capacity: Int) -> (UnsafeMutablePointer<UInt8>, Int) {
    guard capacity <= byteCount, unsafe CoreLocal.pointer != nil else {
      return (.allocate(capacity: capacity), capacity)
    }
    guard let kept = unsafe apus_thread_spare() else {
      return (.allocate(capacity: byteCount), byteCount)
    }
    apus_set_thread_spare(nil)
    // Safety: `release` put it there, `byteCount` bytes that nobody holds.
    return unsafe (kept.assumingMemoryBound(to: UInt8.self), byteCount)
  }

  /// Gives a block of `capacity` bytes back: to the thread if it is a core's that has none, else to the system.
  @unsafe package static func release(_ block: UnsafeMutablePointer<UInt8>, capacity: Int) {
    if capacity == byteCount, unsafe CoreLocal.pointer != nil, unsafe apus_thread_spare() == nil {
      unsafe apus_set_thread_spare(UnsafeMutableRawPointer(block))
    } else {
      unsafe block.deallocate()
    }
  }
}

/// Notes of the JSON writer's: see `NameTable`.
@safe package enum CoreMemory {
  /// The calling thread's bytes, zeroed at first; nil on a thread that is no core's. One caller, and so one `count`.
  @unsafe package static func bytes(_ count: Int) -> UnsafeMutableRawPointer? {
    if let kept = unsafe apus_thread_notes() { return unsafe kept }
    guard unsafe CoreLocal.pointer != nil else { return nil }
    let fresh = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 16)
    unsafe fresh.initializeMemory(as: UInt8.self, repeating: 0, count: count)
    unsafe apus_set_thread_notes(fresh)
    return unsafe fresh
  }

  /// The thread ceases to be a core's: what it kept is freed.
  package static func leaveThread() {
    if let kept = unsafe apus_thread_spare() {
      apus_set_thread_spare(nil)
      unsafe kept.deallocate()
    }
    if let kept = unsafe apus_thread_notes() {
      apus_set_thread_notes(nil)
      unsafe kept.deallocate()
    }
  }
}
