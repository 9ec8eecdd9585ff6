// CoreMemory: what a core's thread keeps from one answer for the next: bytes for one answer, and some for notes. A thread that
// is no core's keeps nothing, so nothing is lost with it.

internal import CApusLinux

/// Bytes for one answer at a time. An answer that is written lives until it is copied behind its head, so one object is enough:
/// malloc took its slow path for each, and for each block.
@safe package enum SpareBytes {
  /// Bytes of each.
  package static let room = 4096

  /// Room for at least so many bytes, which the caller alone holds.
  package static func acquire(_ room: Int) -> SharedBytes {
    guard room <= Self.room, unsafe CoreLocal.pointer != nil else { return SharedBytes(room: room) }
    guard let kept = unsafe apus_thread_spare() else { return SharedBytes(room: Self.room) }
    apus_set_thread_spare(nil)
    // Safety: `keep` put it there, with the reference that is taken out.
    return unsafe Unmanaged<SharedBytes>.fromOpaque(kept).takeRetainedValue()
  }

  /// Keeps bytes of this size that nobody else holds, if the thread is a core's that has none.
  package static func keep(_ bytes: consuming SharedBytes) {
    guard bytes.room == Self.room, unsafe CoreLocal.pointer != nil, unsafe apus_thread_spare() == nil,
      isKnownUniquelyReferenced(&bytes)
    else { return }
    unsafe apus_set_thread_spare(Unmanaged.passRetained(bytes).toOpaque())
  }

  fileprivate static func leaveThread() {
    guard let kept = unsafe apus_thread_spare() else { return }
    apus_set_thread_spare(nil)
    // Safety: as in `acquire`.
    unsafe Unmanaged<SharedBytes>.fromOpaque(kept).release()
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
    SpareBytes.leaveThread()
    if let kept = unsafe apus_thread_notes() {
      apus_set_thread_notes(nil)
      unsafe kept.deallocate()
    }
  }
}
